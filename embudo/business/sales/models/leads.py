import secrets
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from embudo.business.sales import permissions
from embudo.business.sales.rules.enquiries import name_key, search_text
from embudo.business.sales.rules.leads import OPEN, DisqualifyReason, LeadStatus, SourceKind
from embudo.foundation.access.models import Team
from embudo.kernel.actor import Actor
from embudo.kernel.custom import WithCustomValues
from embudo.kernel.fold import fold
from embudo.kernel.permission import Scope
from embudo.kernel.record import OwnedQuerySet, OwnedRecord, Record
from embudo.kernel.trigram import holding


def new_key() -> str:
    """What only whom we told the address knows; nothing about time or order can be read from it."""
    return secrets.token_urlsafe(18)


class LeadSource(Record):
    """Where leads come from: a hosted form, a program, a partner. Whoever has the key may send leads, nothing else."""

    view_permission = permissions.VIEW_SOURCES
    secret_fields: ClassVar[tuple[str, ...]] = ("key",)

    name = models.CharField(_("name"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=SourceKind.choices, default=SourceKind.WEB_FORM)
    key = models.CharField(max_length=40, unique=True, default=new_key, editable=False)
    is_active = models.BooleanField(_("takes leads"), default=True)
    language = models.CharField(_("language"), max_length=5, blank=True)
    country = models.CharField(
        _("country"), max_length=2, blank=True
    )  # how phone numbers without code are meant
    heading = models.CharField(_("heading"), max_length=120, blank=True)
    thank_you = models.TextField(_("thank-you text"), max_length=1000, blank=True)
    consent = models.CharField(_("consent text"), max_length=500, blank=True)
    route_role = models.CharField(_("given to the role"), max_length=50, default="seller", blank=True)
    route_team = models.ForeignKey(
        Team,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("of the team"),
    )

    def __str__(self) -> str:
        return self.name


class RoutingTurn(models.Model):
    """Whose turn it was last in one pool of sellers; locked while the next one is found."""

    pool = models.CharField(primary_key=True, max_length=100)
    last = models.UUIDField(null=True)


class LeadQuerySet(OwnedQuerySet[Any]):
    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        """A lead that nobody has yet is in sight of all who look after more than their own."""
        owners = actor.owners(scope)
        if owners is None:
            return self
        if scope is Scope.OWN:
            return self.filter(owner__in=owners)
        return self.filter(Q(owner__in=owners) | Q(owner=None))

    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def matching(self, words: str) -> Self:
        """Those that hold every word in name, company, e-mail or phone, whatever its case or accents."""
        return holding(self, fold(words).split())


class Lead(WithCustomValues, OwnedRecord):
    """Somebody's enquiry on its way to become an opportunity, or not."""

    view_permission = permissions.VIEW_LEADS
    personal_fields: ClassVar[tuple[str, ...]] = (
        "name", "email", "phone", "message", "raw", "job_title", "reason_note", "custom",
    )  # fmt: skip
    secret_fields: ClassVar[tuple[str, ...]] = ("search", "name_key", "submission")

    name = models.CharField(_("name"), max_length=120)
    company_name = models.CharField(_("company"), max_length=160, blank=True)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail address"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    message = models.TextField(_("message"), max_length=5000, blank=True)
    language = models.CharField(_("language"), max_length=5, blank=True)
    raw = models.JSONField(default=dict, blank=True, editable=False)  # as it was typed, before we tidied it
    source = models.ForeignKey(
        LeadSource, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("source"),
    )  # fmt: skip
    consented = models.DateTimeField(_("consent given"), null=True, blank=True)
    consent_text = models.CharField(max_length=500, blank=True)
    # of one showing of a form, sent once; null, for without it there is nothing to be unique
    submission = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001

    status = models.CharField(_("status"), max_length=12, choices=LeadStatus.choices, default=LeadStatus.NEW)
    reason = models.CharField(_("reason"), max_length=16, choices=DisqualifyReason.choices, blank=True)
    reason_note = models.CharField(_("note"), max_length=1000, blank=True)
    started = models.DateTimeField(_("work started"), null=True, blank=True)
    qualified = models.DateTimeField(_("qualified"), null=True, blank=True)
    closed = models.DateTimeField(_("closed"), null=True, blank=True)

    company = models.ForeignKey(
        "directory.Company", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("company"),
    )  # fmt: skip
    person = models.ForeignKey(
        "directory.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("person"),
    )  # fmt: skip
    conversion = models.UUIDField(null=True, editable=False)  # the act that converted it

    search = models.CharField(max_length=600, editable=False)
    name_key = models.CharField(max_length=120, editable=False)

    objects: ClassVar[LeadQuerySet] = LeadQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["-created", "-id"], name="lead_newest"),
            models.Index(fields=["owner", "-created", "-id"], name="lead_owner_newest"),
            models.Index(fields=["status", "-created", "-id"], name="lead_status_newest"),
            models.Index(fields=["source", "-created", "-id"], name="lead_source_newest"),
            # the funnel's counts are read from these alone
            models.Index(fields=["owner", "status", "created", "qualified"], name="lead_owner_steps"),
            models.Index(fields=["status", "created", "qualified", "owner"], name="lead_steps"),
            models.Index(fields=["email"], name="lead_email"),
            models.Index(fields=["phone"], name="lead_phone"),
            models.Index(fields=["name_key"], name="lead_name_key"),
            models.Index(fields=["company"], name="lead_company", condition=Q(company__isnull=False)),
            models.Index(fields=["person"], name="lead_person", condition=Q(person__isnull=False)),
        )

    def __str__(self) -> str:
        return self.name

    def derived(self, **values: Any) -> dict[str, Any]:
        found = [values.get(name, getattr(self, name)) for name in ("name", "company_name", "email", "phone")]
        return {"search": search_text(*found), "name_key": name_key(found[0])}

    @property
    def is_open(self) -> bool:
        return self.status in OPEN
