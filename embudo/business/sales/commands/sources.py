from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from embudo.business.sales.events import SourceChanged, SourceDefined
from embudo.business.sales.models import LeadSource
from embudo.business.sales.models.leads import new_key
from embudo.business.sales.permissions import MANAGE_SOURCES
from embudo.business.sales.rules.leads import SourceKind
from embudo.foundation.access.models import Team
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid
from embudo.kernel.event import publish
from embudo.kernel.record import lock

TEXTS = {"heading": 120, "thank_you": 1000, "consent": 500}


@command(MANAGE_SOURCES)
def define_source(  # noqa: PLR0913 - one keyword a field
    actor: Actor,
    *,
    name: str,
    kind: str = SourceKind.WEB_FORM,
    language: str = "",
    country: str = "",
    heading: str = "",
    thank_you: str = "",
    consent: str = "",
    route_role: str = "seller",
    route_team: Team | None = None,
) -> LeadSource:
    """Makes a source with a key of its own; a web form takes leads at once. Refuses (Invalid) a name that is in use."""
    texts = _checked(
        name=name,
        kind=kind,
        language=language,
        country=country,
        heading=heading,
        thank_you=thank_you,
        consent=consent,
    )
    _check_name_is_free(texts["name"])
    source = create(LeadSource(**texts, route_role=route_role, route_team=route_team))
    publish(SourceDefined(source.id), source)
    return source


@command(MANAGE_SOURCES)
def change_source(  # noqa: PLR0913 - one keyword a field
    actor: Actor,
    source: LeadSource,
    *,
    name: str | None = None,
    kind: str | None = None,
    language: str | None = None,
    country: str | None = None,
    heading: str | None = None,
    thank_you: str | None = None,
    consent: str | None = None,
    is_active: bool | None = None,
    route_role: str | None = None,
    route_team: Team | None = None,
    is_any_team: bool = False,
    version: int | None = None,
) -> LeadSource:
    """Changes what is given; `is_any_team` takes the team away. Refuses a stale version and a name that is in use."""
    source = lock(source, version=version)
    given = {
        "name": name, "kind": kind, "language": language, "country": country, "heading": heading,
        "thank_you": thank_you, "consent": consent,
    }  # fmt: skip
    values: dict[str, Any] = dict(_checked(**{key: text for key, text in given.items() if text is not None}))
    if values.get("name", source.name) != source.name:
        _check_name_is_free(values["name"])
    values |= {
        key: one for key, one in (("is_active", is_active), ("route_role", route_role)) if one is not None
    }
    update(source, **values, route_team=None if is_any_team else route_team or source.route_team)
    publish(SourceChanged(source.id), source)
    return source


@command(MANAGE_SOURCES)
def renew_source_key(actor: Actor, source: LeadSource) -> LeadSource:
    """Gives the source a new key; whatever used the old one takes no leads any more."""
    source = lock(source)
    update(source, key=new_key())
    publish(SourceChanged(source.id), source)
    return source


def _checked(**given: str) -> dict[str, str]:
    """Tidy texts. Refuses (Invalid) with every fault at once."""
    tidy = {key: text.replace("\0", "").strip() for key, text in given.items()}
    faults: dict[str, list[Any]] = {}
    if "name" in tidy and not 0 < len(tidy["name"]) <= 120:
        faults["name"] = [_("Enter a name of at most 120 characters.")]
    if "kind" in tidy and tidy["kind"] not in SourceKind.values:
        faults["kind"] = [_("Choose a kind from the list.")]
    if tidy.get("language") and tidy["language"] not in dict(settings.LANGUAGES):
        faults["language"] = [_("Choose a language from the list.")]
    if tidy.get("country") and not (len(tidy["country"]) == 2 and tidy["country"].isalpha()):
        faults["country"] = [_("Enter a country code of two letters, such as PL.")]
    for key, longest in TEXTS.items():
        if len(tidy.get(key, "")) > longest:
            faults[key] = [_("Shorten this to %(n)d characters.") % {"n": longest}]
    if faults:
        raise Invalid(faults)
    return tidy | ({"country": tidy["country"].upper()} if "country" in tidy else {})


def _check_name_is_free(name: str) -> None:
    if LeadSource.objects.filter(name=name).exists():
        raise Invalid({"name": [_("Another source has this name. Enter a name of its own.")]})
