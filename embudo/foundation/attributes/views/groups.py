"""A list's records by the values of one attribute: how many there are of each, and what their amounts add up to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, QuerySet, Sum
from django.utils.translation import gettext

from embudo.foundation.attributes import queries
from embudo.foundation.attributes.rules import AttributeType, ListAttribute
from embudo.foundation.attributes.rules.tree import plain_tree
from embudo.foundation.attributes.rules.values import NAMED
from embudo.foundation.ui import atoms
from embudo.foundation.ui.atoms import text

if TYPE_CHECKING:
    from embudo.foundation.attributes.views.design import Design

MOST_GROUPS = 50
GROUPED = frozenset(
    {
        AttributeType.CHOICE,
        AttributeType.YES_NO,
        AttributeType.USER,
        AttributeType.REFERENCE,
        AttributeType.TEXT,
    }
)
SUMMED = frozenset({AttributeType.NUMBER, AttributeType.MONEY})


@dataclass(frozen=True)
class GroupLine:
    label: str
    count: int
    sums: tuple[str, ...]
    tree: dict[str, Any]  # the condition that finds its records


def summed(design: "Design") -> list[ListAttribute]:
    """The amounts among the columns shown."""
    shown = {column.key for column in design.page.columns}
    return [one for one in summable(design) if one.key in shown]


def summable(design: "Design") -> list[ListAttribute]:
    return [one for one in design.attributes.values() if one.type in SUMMED]


def lines(design: "Design", found: QuerySet[Any]) -> list[GroupLine]:
    """The largest groups first. One query, and one for names where the values are ids."""
    by = design.attributes[design.group]
    sums = summed(design)
    currencies = list(dict.fromkeys(one.currency_path for one in sums if one.currency_path))
    rows = (
        found.order_by()
        .values(
            group_value=queries.expression(by),
            **{f"currency_{n}": F(path) for n, path in enumerate(currencies)},
        )
        .annotate(
            group_count=Count("pk"),
            **{f"sum_{n}": Sum(queries.expression(one)) for n, one in enumerate(sums)},
        )
        .order_by("-group_count")[:MOST_GROUPS]
    )
    return _lines(design, by, sums, currencies, list(rows))


def _lines(
    design: "Design",
    by: ListAttribute,
    sums: Sequence[ListAttribute],
    currencies: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
) -> list[GroupLine]:
    values = [str(row["group_value"]) for row in rows if row["group_value"] not in (None, "")]
    names = queries.value_names(design.actor, by, values) if by.type in NAMED else {}
    found = []
    for row in rows:
        said = tuple(
            sum_text(
                one,
                row[f"sum_{n}"],
                row[f"currency_{currencies.index(one.currency_path)}"] if one.currency_path else one.currency,
            )
            for n, one in enumerate(sums)
        )
        value = row["group_value"]
        found.append(GroupLine(_label(by, value, names), row["group_count"], said, _condition(by, value)))
    return found


def sum_text(one: ListAttribute, total: Any, currency: str, *, is_whole: bool = False) -> str:
    if total is None:
        return "—"
    if one.type is AttributeType.MONEY and is_whole:
        return atoms.whole_money_text(int(total), currency)
    if one.type is AttributeType.MONEY:
        return atoms.money_text(int(total), currency)
    return atoms.number(int(total) if float(total).is_integer() else round(float(total), 6))


def _label(by: ListAttribute, value: Any, names: Mapping[str, str]) -> str:
    if by.type is AttributeType.YES_NO:
        return gettext("yes") if value else gettext("no")
    if value in (None, ""):
        return "—"
    return names.get(str(value)) or str(dict(by.choices).get(str(value), value))


def _condition(by: ListAttribute, value: Any) -> dict[str, Any]:
    if by.type is AttributeType.YES_NO:
        return {"attribute": by.key, "op": "yes" if value else "no"}
    if value in (None, ""):
        return {"attribute": by.key, "op": "empty"}
    return {"attribute": by.key, "op": "is", "value": str(value)}


def narrowed_tree(design: "Design", tree: dict[str, Any]) -> dict[str, Any]:
    """The filter in use and the group's condition together."""
    own = plain_tree(design.node)
    if not own:
        return tree
    return {"and": [*own["and"], tree]} if set(own) == {"and"} else {"and": [own, tree]}


def drawn(design: "Design", found: QuerySet[Any]) -> str:
    """The groups as a table of links."""
    by, sums = design.attributes[design.group], summed(design)
    head = "".join(f'<th scope="col" class="end">{text(one)}</th>' for one in sums)
    body = "".join(
        f'<tr><th scope="row"><a href="{text(design.group_url(line.tree))}">{text(line.label)}</a></th>'
        f'<td class="end num">{atoms.number(line.count)}</td>'
        + "".join(f'<td class="end num">{text(said)}</td>' for said in line.sums)
        + "</tr>"
        for line in lines(design, found)
    )
    caption, records = gettext("Groups by %(attribute)s") % {"attribute": by}, text(gettext("Records"))
    return (
        f'<div class="card table-card list-groups"><table class="table table-compact"><caption class="vh">{text(caption)}</caption>'
        f'<thead><tr><th scope="col">{text(by)}</th><th scope="col" class="end">{records}</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
