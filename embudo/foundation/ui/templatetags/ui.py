from collections.abc import Sequence
from typing import Any

from django import template
from django.forms import BoundField
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from embudo.foundation.ui import atoms
from embudo.foundation.ui.parts import Action

register = template.Library()

register.simple_tag(atoms.icon, name="icon")
register.simple_tag(atoms.badge, name="badge")
register.simple_tag(atoms.avatar, name="avatar")
register.simple_tag(atoms.bar, name="bar")
register.simple_tag(atoms.funnel_bar, name="funnel_bar")
register.simple_tag(atoms.spark, name="spark")
register.simple_tag(atoms.line_chart, name="line_chart")
register.simple_tag(atoms.hbars, name="hbars")
register.simple_tag(atoms.money, name="money")
register.simple_tag(atoms.number, name="number")
register.simple_tag(atoms.moment, name="moment")
register.simple_tag(atoms.relative, name="relative")
register.simple_tag(atoms.day_text, name="day")
register.simple_tag(atoms.full_day, name="full_day")
register.simple_tag(atoms.sprite, name="sprite_url")


@register.simple_tag
def person(name: Any) -> SafeString:
    return atoms.person(str(name or ""))


@register.simple_tag(takes_context=True)
def url_with(context: Context, **changes: Any) -> str:
    """This page's address with some parameters changed; an empty value drops one."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        query.pop(key, None)
        if value not in ("", None):
            query[key] = str(value)
    return f"?{urlencode(query, doseq=True)}"


@register.simple_tag
def field(bound: BoundField, cls: str = "") -> SafeString:
    """One field with label, hint and error."""
    return (
        bound.render(template_name=None, context={**bound.get_context(), "cls": cls})
        if cls
        else bound.as_field_group()
    )


@register.simple_tag(takes_context=True)
def button(context: Context, action: Action, cls: str = "") -> SafeString:
    """An Action as a link in a button's clothes, or as a form's button when it posts."""
    look = " btn-primary" if action.primary else ""
    name = f'<span class="vh">{atoms.text(action.name)}</span>' if action.name else ""
    label = (
        f'<span aria-hidden="true">{atoms.text(action.label)}</span>'
        if action.name
        else atoms.text(action.label)
    )
    inner = f"{atoms.icon(action.icon) if action.icon else ''}{label}{name}"
    if action.post:
        return mark_safe(  # noqa: S308 - every part is escaped
            f'<form method="post" action="{atoms.text(action.url)}"><input type="hidden" name="csrfmiddlewaretoken"'
            f' value="{atoms.text(context["csrf_token"])}"><button class="btn{look} {atoms.text(cls)}">{inner}</button></form>'
        )
    dialog = " data-dialog" if action.dialog else ""
    return mark_safe(  # noqa: S308 - every part is escaped
        f'<a class="btn{look} {atoms.text(cls)}" href="{atoms.text(action.url)}"{dialog}>{inner}</a>'
    )


@register.simple_tag
def page_commands(actions: Sequence[Action]) -> SafeString:
    """The palette's lines for what the page's buttons do, but for those that post."""
    lines = [
        f'<li role="option" id="cmd-a{number}" aria-selected="false" data-href="{atoms.text(action.url)}">'
        f"{atoms.icon(action.icon or 'arrow-right')}<span>{atoms.text(action.label)}</span></li>"
        for number, action in enumerate(actions, 1)
        if not action.post
    ]
    return mark_safe("".join(lines))  # noqa: S308 - every part is escaped


@register.simple_tag(takes_context=True)
def buttons(context: Context, actions: Sequence[Action]) -> SafeString:
    """The buttons of a page's head."""
    return atoms.join(*(button(context, action) for action in actions))


class Once(template.Node):
    """
    {% once a b %} … {% endonce %}: what is the same on page after page is drawn once for each language and each value of
    the variables that are named. Nothing else can be seen inside, so nothing of one person can reach another.
    """

    MOST_KEPT = 200

    def __init__(self, content: NodeList, names: Sequence[str]) -> None:
        self.content, self.names = content, names
        self.kept: dict[tuple[Any, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        values = {name: context.get(name) for name in self.names}
        key = (get_language(), *values.values())
        drawn = self.kept.get(key)
        if drawn is None:
            if len(self.kept) >= self.MOST_KEPT:
                self.kept.clear()
            drawn = self.kept[key] = self.content.render(context.new(values))
        return drawn


@register.tag
def once(parser: Parser, token: Token) -> Once:
    content = parser.parse(("endonce",))
    parser.delete_first_token()
    return Once(content, token.split_contents()[1:])
