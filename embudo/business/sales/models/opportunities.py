from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from embudo.business.sales import permissions
from embudo.business.sales.models.leads import Lead
from embudo.business.sales.rules.enquiries import search_text
from embudo.business.sales.rules.pipelines import LostReason, StageKind, shown_name
from embudo.business.supply.models import Product
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.custom import WithCustomValues
from embudo.kernel.fold import fold
from embudo.kernel.money import Money
from embudo.kernel.permission import Scope
from embudo.kernel.record import OwnedQuerySet, OwnedRecord, Record, RecordQuerySet
from embudo.kernel.trigram import holding


class Pipeline(Record):
    view_permission = permissions.VIEW_PIPELINES

    name = models.CharField(_("name"), max_length=80, unique=True)
    is_default = models.BooleanField(_("used unless another is chosen"), default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="one_default_pipeline"
            ),
        )

    def __str__(self) -> str:
        return shown_name(self.name)


class Stage(Record):
    view_permission = permissions.VIEW_PIPELINES

    pipeline = models.ForeignKey(Pipeline, on_delete=models.PROTECT, related_name="stages")
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=4, choices=StageKind.choices, default=StageKind.OPEN)
    probability = models.PositiveSmallIntegerField(_("probability, per cent"))
    order = models.PositiveSmallIntegerField(_("order"))

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["pipeline", "name"], name="stage_name_once"),
            models.UniqueConstraint(fields=["pipeline", "order"], name="stage_order_once"),
            models.UniqueConstraint(
                fields=["pipeline", "kind"], condition=~Q(kind=StageKind.OPEN), name="one_won_one_lost"
            ),
            models.CheckConstraint(condition=Q(probability__lte=100), name="stage_probability_per_cent"),
        )

    def __str__(self) -> str:
        return shown_name(self.name)


class OpportunityQuerySet(OwnedQuerySet[Any]):
    def open(self) -> Self:
        return self.filter(state=StageKind.OPEN)

    def matching(self, words: str) -> Self:
        """Those that hold every word in title or company, whatever its case or accents."""
        return holding(self, fold(words).split())


class Opportunity(WithCustomValues, OwnedRecord):
    """
    A deal that may be won. The database holds that a lead is converted once (`lead` is one to one). `state` repeats the
    stage's kind and `stage_since` the open stay's beginning, so that lists and boards need no join.
    """

    view_permission = permissions.VIEW_OPPORTUNITIES
    personal_fields: ClassVar[tuple[str, ...]] = ("title", "lost_note")
    secret_fields: ClassVar[tuple[str, ...]] = ("search",)

    title = models.CharField(_("title"), max_length=200)
    company = models.ForeignKey(
        "directory.Company", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("company"),
    )  # fmt: skip
    person = models.ForeignKey(
        "directory.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("person"),
    )  # fmt: skip
    pipeline = models.ForeignKey(
        Pipeline, on_delete=models.PROTECT, related_name="+", verbose_name=_("pipeline")
    )
    stage = models.ForeignKey(
        Stage, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("stage")
    )
    stage_since = models.DateTimeField(default=clock.now, editable=False)
    state = models.CharField(_("state"), max_length=4, choices=StageKind.choices, default=StageKind.OPEN)
    value_minor = models.BigIntegerField(_("value"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    closes = models.DateField(_("expected close"), null=True, blank=True)
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    lead = models.OneToOneField(
        Lead,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="opportunity",
        verbose_name=_("lead"),
    )
    closed = models.DateTimeField(_("closed"), null=True, blank=True)
    lost_reason = models.CharField(_("reason"), max_length=16, choices=LostReason.choices, blank=True)
    lost_note = models.CharField(_("note"), max_length=1000, blank=True)
    search = models.CharField(max_length=600, editable=False)

    objects: ClassVar[OpportunityQuerySet] = OpportunityQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(value_minor__gte=0), name="opportunity_value_not_negative"),
            models.CheckConstraint(
                condition=Q(state=StageKind.OPEN, closed=None)
                | Q(~Q(state=StageKind.OPEN), closed__isnull=False),
                name="opportunity_closed_or_open",
            ),
        )
        indexes = (
            models.Index(fields=["-created", "-id"], name="opp_newest"),
            models.Index(fields=["owner", "-created", "-id"], name="opp_owner_newest"),
            models.Index(fields=["state", "-created", "-id"], name="opp_state_newest"),
            models.Index(
                fields=["state", "currency", "closed", "value_minor", "owner"], name="opp_state_closed"
            ),
            models.Index(fields=["stage", "-stage_since", "-id"], name="opp_stage_newest"),
            models.Index(fields=["owner", "stage", "-stage_since", "-id"], name="opp_owner_stage_newest"),
            # counts and sums of the board and the funnel are read from these alone
            models.Index(fields=["stage", "currency", "owner", "value_minor"], name="opp_stage_sums"),
            models.Index(
                fields=["owner", "state", "currency", "closed", "value_minor"], name="opp_owner_sums"
            ),
            models.Index(fields=["company", "-created"], name="opp_company"),
            models.Index(fields=["person", "-created"], name="opp_person"),
        )

    def __str__(self) -> str:
        return self.title

    def derived(self, **values: Any) -> dict[str, Any]:
        company = values.get("company", self.company)
        return {"search": search_text(values.get("title", self.title), company.name if company else "")}

    @property
    def value(self) -> Money:
        return Money(self.value_minor, self.currency)

    @property
    def is_open(self) -> bool:
        return self.state == StageKind.OPEN

    @property
    def is_won(self) -> bool:
        return self.state == StageKind.WON


class StageStayQuerySet(RecordQuerySet[Any]):
    """Stays are within reach when their opportunity is."""

    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        owners = actor.owners(scope)
        return self if owners is None else self.filter(opportunity__owner__in=owners)


class StageStay(Record):
    """How long an opportunity stood in a stage: one row for each stay, the last one without an end."""

    view_permission = permissions.VIEW_OPPORTUNITIES

    opportunity = models.ForeignKey(
        Opportunity, on_delete=models.CASCADE, related_name="stays", db_index=False
    )
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+", db_index=False)
    entered = models.DateTimeField(_("entered"))
    left = models.DateTimeField(_("left"), null=True, blank=True)
    seconds = models.BigIntegerField(
        null=True, editable=False
    )  # between the two, so that averages need no date sums
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[StageStayQuerySet] = StageStayQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["opportunity"], condition=Q(left=None), name="one_open_stay"),
            models.CheckConstraint(
                condition=Q(left=None) | Q(left__gte=models.F("entered")), name="stay_forwards"
            ),
        )
        indexes = (
            models.Index(fields=["opportunity", "entered"], name="stay_of_opportunity"),
            models.Index(fields=["stage", "left", "seconds"], name="stay_of_stage"),
        )
