from typing import Any, ClassVar, Self
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from embudo.foundation.access import permissions
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.permission import Scope
from embudo.kernel.record import R, Record, RecordQuerySet


class Organisation(Record):
    """The one organisation of this installation; its only row is made by the first migration."""

    view_permission = permissions.OWN_PROFILE

    name = models.CharField(_("name"), max_length=120, default="Embudo")
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    language = models.CharField(_("language"), max_length=5, default="en")
    tax_id = models.CharField(_("tax number"), max_length=32, blank=True)
    address = models.TextField(_("address"), max_length=500, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    bank_account = models.CharField(_("bank account"), max_length=64, blank=True)
    is_mailing_assignments = models.BooleanField(_("mail sellers when they are given a lead"), default=True)
    is_mfa_required = models.BooleanField(_("everybody signs in with a second factor"), default=False)


class Team(Record):
    view_permission = permissions.VIEW_USERS

    name = models.CharField(_("name"), max_length=80, unique=True)


class UserQuerySet(RecordQuerySet["User"]):
    """People within a scope: oneself, one's team, those below, everybody."""

    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        owners = actor.owners(scope)
        return self if owners is None else self.filter(pk__in=owners)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Django's sign-in asks for users by their natural key, the mail address."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)  # type: ignore[no-any-return]


class User(AbstractBaseUser, Record):
    view_permission = permissions.VIEW_USERS
    personal_fields: ClassVar[tuple[str, ...]] = ("email", "name")
    secret_fields: ClassVar[tuple[str, ...]] = ("password", "last_login")

    email = models.EmailField(_("e-mail address"), unique=True, max_length=254)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(_("language"), max_length=5, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    is_active = models.BooleanField(_("may sign in"), default=True)
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="members")
    manager = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="reports"
    )
    invited = models.DateTimeField(null=True, blank=True, editable=False)
    is_on_shortcuts = models.BooleanField(_("function-key shortcuts"), default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[Any] = UserManager()

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name


class ReportingLine(models.Model):
    """Who stands above whom, at any distance; one's own line (depth 0) included. Kept by commands.place_user."""

    above = models.ForeignKey(User, on_delete=models.CASCADE, related_name="lines_down")
    below = models.ForeignKey(User, on_delete=models.CASCADE, related_name="lines_up")
    depth = models.PositiveSmallIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["above", "below"], name="one_line"),)


class Role(Record):
    """An editable set of grants. `slug` ties the default roles to the permissions that name them."""

    view_permission = permissions.VIEW_ROLES

    slug = models.SlugField(_("short name"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    revision = models.PositiveIntegerField(
        default=0, editable=False
    )  # counts changes of the grants: two editors notice
    members = models.ManyToManyField(User, related_name="roles", through="RoleMember")

    @property
    def scopes(self) -> dict[str, str]:
        """Permission code -> scope."""
        return dict(self.grants.values_list("permission", "scope"))


class RoleMember(Record):
    view_permission = permissions.VIEW_ROLES

    role = models.ForeignKey(Role, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["role", "user"], name="role_once"),)


class Grant(Record):
    """A role's permission with its scope. `is_default` rows follow the code's defaults until an administrator edits them."""

    view_permission = permissions.VIEW_ROLES

    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="grants")
    permission = models.CharField(max_length=80)
    scope = models.CharField(max_length=8, choices=[(scope.value, scope.value) for scope in Scope])

    class Meta:
        constraints = (models.UniqueConstraint(fields=["role", "permission"], name="grant_once"),)


class OfferedGrant(models.Model):
    """A default grant that a role has been given once: if an administrator removes it, it does not come back."""

    role = models.ForeignKey(Role, on_delete=models.CASCADE)
    permission = models.CharField(max_length=80)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["role", "permission"], name="offered_once"),)


class OwnQuerySet(RecordQuerySet[R]):
    """What belongs to one person and nobody else, whatever their grants: tokens, sessions."""

    def visible_to(self, actor: Actor) -> Self:
        return (
            self.filter(owner_id=actor.id) if actor.id and actor.may(permissions.OWN_PROFILE) else self.none()
        )


class Token(Record):
    """An API token: a prefix to find it by, the SHA-256 of its secret, grants narrower than its owner's."""

    view_permission = permissions.OWN_PROFILE
    secret_fields: ClassVar[tuple[str, ...]] = ("digest", "last_used")

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    grants = models.JSONField(default=list)  # permission codes; empty = all that the owner has
    expires = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)
    last_used = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[OwnQuerySet[Any]] = OwnQuerySet.as_manager()  # type: ignore[assignment]

    @property
    def is_valid(self) -> bool:
        return self.revoked is None and (self.expires is None or self.expires > clock.now())


class SignIn(Record):
    """One browser in which a person is signed in; `session` is the key of Django's session, which ends with it."""

    view_permission = permissions.OWN_PROFILE
    personal_fields: ClassVar[tuple[str, ...]] = ("address", "browser")
    secret_fields: ClassVar[tuple[str, ...]] = ("session", "last_seen")

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    session = models.CharField(max_length=40, unique=True)
    address = models.CharField(_("network address"), max_length=45, blank=True)
    browser = models.CharField(_("browser"), max_length=200, blank=True)
    last_seen = models.DateTimeField(_("last seen"), default=clock.now)

    objects: ClassVar[OwnQuerySet[Any]] = OwnQuerySet.as_manager()  # type: ignore[assignment]

    @property
    def subject_id(self) -> UUID:
        return self.owner_id


class Attempt(models.Model):
    """A try at a secret. `key` is a keyed hash of what was tried (an address, a user), so no address stands here."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["key", "at"], name="attempt_key"),)
