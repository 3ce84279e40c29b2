from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext

from embudo.foundation.access.models import ReportingLine, RoleMember, User
from embudo.kernel.permission import Scope
from embudo.kernel.record import OwnedQuerySet, OwnedRecord, Record


@dataclass(frozen=True)
class Reason:
    """Why somebody sees a record: through which role, and with which scope."""

    role: str
    scope: Scope
    is_owner: bool = False

    @property
    def text(self) -> str:
        names = {"role": self.role}
        if self.is_owner:
            return gettext("It is their own (role %(role)s)") % names
        if self.scope is Scope.TEAM:
            return gettext("Is in the owner's team (role %(role)s)") % names
        if self.scope is Scope.SUBTREE:
            return gettext("The owner reports to them (role %(role)s)") % names
        return gettext("Sees all records of this kind (role %(role)s)") % names


@dataclass(frozen=True)
class Sight:
    user: User
    reasons: tuple[Reason, ...]


def who_sees(record: Record, *, name_of: Callable[[str, str], str] = lambda _slug, name: name) -> list[Sight]:
    """Everybody active who can see the record, each with every reason. Three queries at most, whatever the number of people."""
    owner, holders = _owner(record), _holders(record)
    is_asked = owner is not None and any(scope is Scope.SUBTREE for _member, scope in holders)
    above = (
        set(ReportingLine.objects.filter(below=owner).values_list("above", flat=True)) if is_asked else set()
    )
    found: dict[UUID, list[Reason]] = defaultdict(list)
    people: dict[UUID, User] = {}
    for member, scope in holders:
        user = member.user
        is_owner = owner is not None and user.id == owner.id
        if not has_owner(record) or is_owner or _reaches(user, scope, owner, above):
            people[user.id] = user
            found[user.id].append(Reason(name_of(member.role.slug, member.role.name), scope, is_owner))
    sights = [Sight(people[user_id], tuple(reasons)) for user_id, reasons in found.items()]
    return sorted(sights, key=lambda sight: (not sight.reasons[0].is_owner, sight.user.name.casefold()))


def has_owner(record: Record) -> bool:
    """Scopes reach a user as they reach what the user owns."""
    return isinstance(record, OwnedRecord | User)


def _owner(record: Record) -> User | None:
    if isinstance(record, User):
        return record
    return record.owner if isinstance(record, OwnedRecord) else None


def has_own_rules(record: Record) -> bool:
    """True for kinds whose sight follows from more than owner and grants (a note is seen by whoever sees its record)."""
    kind = type(record).objects.all().__class__
    stock = (kind.visible_to, getattr(kind, "owned_within", None))
    return stock[0] is not OwnedQuerySet.visible_to or (
        isinstance(record, OwnedRecord) and stock[1] is not OwnedQuerySet.owned_within
    )


def _holders(record: Record) -> list[tuple[RoleMember, Scope]]:
    """Each active person with each role of theirs that grants sight of this kind."""
    code = type(record).view_permission.code
    members = RoleMember.objects.filter(role__grants__permission=code, user__is_active=True)
    rows = members.annotate(scope=F("role__grants__scope")).select_related("user__team", "role")
    return [(row, Scope(row.scope)) for row in rows]


def _reaches(user: User, scope: Scope, owner: User | None, above: set[UUID]) -> bool:
    if scope is Scope.ALL:
        return True
    if owner is None:
        return False
    if scope is Scope.TEAM:
        return user.team_id is not None and user.team_id == owner.team_id
    return scope is Scope.SUBTREE and user.id in above
