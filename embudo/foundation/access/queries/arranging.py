"""Who reports to whom as a table: written from the users, and read back as what would change."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy as _, override

from embudo.foundation.access import rules
from embudo.foundation.access.models import Role, Team, User
from embudo.foundation.access.queries import role_label
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid
from embudo.kernel.fold import fold

MOST_ROWS = 5000
HEADINGS: Mapping[str, Any] = {
    "email": _("e-mail address"), "name": _("name"), "roles": _("roles"), "team": _("team"),
    "manager": _("reports to (e-mail address)"), "active": _("active"),
}  # fmt: skip
FURTHER_WORDS = {"email": ("email", "e-mail", "mail"), "manager": ("reports to", "manager", "supervisor")}
YES = ("yes", "y", "1", "true", "x", "tak", "oui", "si", "prawda")
NO = ("no", "n", "0", "false", "nie", "non", "falsz")
Row = tuple[int, Mapping[str, str]]  # its number in the file, and its cells by field


@dataclass
class Wish:
    """What a row makes of one person; None where the file says nothing of it."""

    number: int
    email: str
    user: User | None = None
    name: str | None = None
    roles: frozenset[UUID] | None = None
    team: Team | None = None
    says_team: bool = False
    manager: str | None = None  # an address; "" for nobody
    is_active: bool | None = None
    changes: list[tuple[str, str, str]] = field(default_factory=list)  # (what, before, after)


@dataclass
class Arrangement:
    """All that a table would change, or why nothing can be."""

    wishes: list[Wish] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    rows: int = 0

    def fail(self, number: int, text: Any) -> None:
        self.faults.append((number, str(text)))

    @property
    def changed(self) -> list[Wish]:
        return [one for one in self.wishes if one.changes]

    @property
    def digest(self) -> str:
        """Whoever agreed to a preview agreed to just these changes."""
        said = repr([(one.email, one.changes) for one in self.changed])
        return hashlib.sha256(said.encode()).hexdigest()


@cache
def _words(name: str) -> frozenset[str]:
    """What a column may be called, in any language that the product speaks."""
    found = {fold(word) for word in FURTHER_WORDS.get(name, ())}
    for language, _label in settings.LANGUAGES:
        with override(language):
            found.add(fold(str(HEADINGS[name])))
    return frozenset(found)


def user_headings() -> list[str]:
    return [str(capfirst(str(label))) for label in HEADINGS.values()]


def user_rows(actor: Actor) -> list[list[Any]]:
    """One a user, by name; those who left come last."""
    found = User.objects.visible_to(actor).select_related("team", "manager").prefetch_related("roles")
    return [
        [
            one.email, one.name, _role_names(one.roles.all()), one.team.name if one.team else "",
            one.manager.email if one.manager else "", gettext("yes") if one.is_active else gettext("no"),
        ]
        for one in found.order_by("-is_active", "name", "id")
    ]  # fmt: skip


def _role_names(roles: Any) -> str:
    return ", ".join(sorted(role_label(one.slug, one.name) for one in roles))


def rows_by_field(table: Sequence[Sequence[Any]]) -> list[Row]:
    """The rows below the headings. Refuses (Invalid) a table without addresses, one that is too long and an empty one."""
    heading = [fold(" ".join(str(cell).split())) for cell in table[0][1:]] if table else []
    places = {name: place for name in HEADINGS for place, word in enumerate(heading) if word in _words(name)}
    if "email" not in places:
        raise Invalid(
            {
                "file": [
                    _("The first row has to name the columns; one has to be “%(name)s”.")
                    % {"name": user_headings()[0]}
                ]
            }
        )
    if len(table) - 1 > MOST_ROWS:
        raise Invalid(
            {"file": [_("This file has more than %(most)s rows. Split it into several files.") % {"most": MOST_ROWS}]}
        )  # fmt: skip
    rows: list[Row] = [(row[0], _cells(row[1:], places)) for row in table[1:]]
    found = [(number, cells) for number, cells in rows if any(cells.values())]
    if not found:
        raise Invalid({"file": [_("No rows were found below the headings.")]})
    return found


def _cells(row: Sequence[Any], places: Mapping[str, int]) -> dict[str, str]:
    return {
        name: " ".join(str(row[place]).split()) if place < len(row) else "" for name, place in places.items()
    }


def arrangement(rows: Sequence[Row]) -> Arrangement:
    """What the rows would change. A column that is missing changes nothing; every fault is told with its row."""
    found = Arrangement(rows=len(rows))
    known = Known(rows)
    for number, cells in rows:
        if (wish := known.wish(number, cells, found)) is not None:
            found.wishes.append(wish)
    _refuse_circles(found, known)
    for wish in found.wishes:
        wish.changes = list(known.changes(wish))
    return found


class Known:
    """Users, roles and teams as they are, by the words that a table has for them. Four statements."""

    def __init__(self, rows: Sequence[Row]) -> None:
        users = list(User.objects.select_related("team", "manager").prefetch_related("roles"))
        self.users = {one.email.lower(): one for one in users}
        self.roles = {role.pk: role for role in Role.objects.all()}
        self.role_words = {
            fold(word): role.pk
            for role in self.roles.values()
            for word in (role.slug, role.name, role_label(role.slug, role.name))
        }
        self.teams = {fold(team.name): team for team in Team.objects.all()}
        self.told = {cells["email"].lower() for _number, cells in rows}
        self.seen: dict[str, int] = {}

    def wish(self, number: int, cells: Mapping[str, str], found: Arrangement) -> Wish | None:
        email = cells["email"].lower()
        before = len(found.faults)
        self._check_email(number, email, found)
        wish = Wish(number, email, self.users.get(email))
        for name, read in READERS.items():
            if name in cells:
                read(self, wish, cells[name], found)
        if wish.user is None and not wish.name:
            found.fail(number, _("Somebody new needs a name."))
        return wish if len(found.faults) == before else None

    def _check_email(self, number: int, email: str, found: Arrangement) -> None:
        try:
            validate_email(email)
        except ValidationError:
            found.fail(number, _("Enter an e-mail address such as name@example.com."))
            return
        first = self.seen.setdefault(email, number)
        if first != number:
            found.fail(number, _("Row %(n)d has the same e-mail address.") % {"n": first})

    def changes(self, wish: Wish) -> Iterator[tuple[str, str, str]]:
        user = wish.user
        if user is None:
            yield gettext("New user"), "", wish.name or ""
        elif wish.name and wish.name != user.name:
            yield gettext("Name"), user.name, wish.name
        held = {role.pk for role in user.roles.all()} if user else set()
        if wish.roles is not None and wish.roles != held:
            yield gettext("Roles"), self._named(held), self._named(wish.roles)
        team = user.team if user else None
        if wish.says_team and wish.team != team:
            yield gettext("Team"), team.name if team else "", wish.team.name if wish.team else ""
        above = user.manager.email if user and user.manager else ""
        if wish.manager is not None and wish.manager != above.lower():
            yield gettext("Reports to"), above, wish.manager
        is_active = user.is_active if user else True
        if wish.is_active is not None and wish.is_active != is_active:
            yield gettext("Active"), _yes_no(is_active), _yes_no(wish.is_active)

    def _named(self, ids: Any) -> str:
        return _role_names(self.roles[pk] for pk in ids if pk in self.roles)


def _yes_no(value: bool) -> str:  # noqa: FBT001 - a word for it
    return gettext("yes") if value else gettext("no")


def _read_name(_known: Known, wish: Wish, text: str, found: Arrangement) -> None:
    if len(text) > 120:
        found.fail(wish.number, _("Use at most %(n)d characters.") % {"n": 120})
    wish.name = text or None


def _read_roles(known: Known, wish: Wish, text: str, found: Arrangement) -> None:
    words = [word.strip() for word in text.replace(";", ",").split(",") if word.strip()]
    for word in words:
        if fold(word) not in known.role_words:
            found.fail(wish.number, _("There is no role “%(name)s”.") % {"name": word[:60]})
    wish.roles = frozenset(known.role_words[fold(word)] for word in words if fold(word) in known.role_words)


def _read_team(known: Known, wish: Wish, text: str, found: Arrangement) -> None:
    wish.team, wish.says_team = known.teams.get(fold(text)) if text else None, True
    if text and wish.team is None:
        found.fail(wish.number, _("There is no team “%(name)s”.") % {"name": text[:60]})


def _read_manager(known: Known, wish: Wish, text: str, found: Arrangement) -> None:
    wish.manager = text.lower()
    if text and wish.manager not in known.users and wish.manager not in known.told:
        found.fail(wish.number, _("Nobody has the address “%(name)s” to report to.") % {"name": text[:60]})


def _read_active(_known: Known, wish: Wish, text: str, found: Arrangement) -> None:
    word = fold(text)
    if word and word not in (*YES, *NO):
        found.fail(wish.number, _("Write yes or no."))
    wish.is_active = None if not word else word in YES


READERS: Mapping[str, Callable[[Known, Wish, str, Arrangement], None]] = {
    "name": _read_name, "roles": _read_roles, "team": _read_team, "manager": _read_manager, "active": _read_active,
}  # fmt: skip


def _refuse_circles(found: Arrangement, known: Known) -> None:
    above = {email: one.manager.email.lower() if one.manager else "" for email, one in known.users.items()}
    wished = {one.email: one for one in found.wishes}
    above |= {email: one.manager for email, one in wished.items() if one.manager is not None}
    for circle in rules.circles(above):
        said = " → ".join((*circle, circle[0]))
        for email in circle:
            if email in wished and wished[email].manager:
                found.fail(wished[email].number, _("A circle of people: %(circle)s.") % {"circle": said})
    found.faults.sort(key=lambda fault: fault[0])
