from typing import Any

from embudo.foundation.access.tests.builders import an_admin
from embudo.foundation.attributes import commands
from embudo.foundation.attributes.models import CustomAttribute, SavedView
from embudo.foundation.attributes.rules import AttributeType, Choice, Definition, ListAttribute
from embudo.kernel.actor import Actor

LEAD = "sales.lead"


def a_definition(type: str = "text", key: str = "tier", **more: Any) -> Definition:  # noqa: A002
    return Definition(key=key, label=more.pop("label", key.capitalize()), type=AttributeType(type), **more)


def a_list_attribute(type: str = "text", key: str = "name", **more: Any) -> ListAttribute:  # noqa: A002
    return ListAttribute(key, more.pop("label", key.capitalize()), AttributeType(type), key, **more)


TIERS = (Choice("gold", "Gold", {"pl": "Złoty"}), Choice("silver", "Silver"))


def an_attribute(type: str = "text", label: str = "Tier", kind: str = LEAD, **more: Any) -> CustomAttribute:  # noqa: A002
    key = more.pop("key", "")
    change = commands.AttributeChange(label=label, **more)
    return commands.define_attribute(an_admin(), kind=kind, type=type, change=change, key=key)


def a_view(
    actor: Actor, name: str = "Mine", list_key: str = "sales:leads", scope: str = "private", **state: Any
) -> SavedView:
    return commands.create_view(
        actor, list_key=list_key, name=name, scope=scope, state=commands.ViewState(**state)
    )
