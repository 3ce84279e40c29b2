from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from embudo.business.directory.models import Company, CompanyFacts, Person, Placed
from embudo.business.intake import permissions
from embudo.business.intake.models.assignments import Assignment, Binding
from embudo.business.intake.rules.keys import KEYED, entry_keys
from embudo.business.intake.rules.states import SHOWN_TO_VERIFIER, Duty, EntryState, Second, Subject
from embudo.foundation.access.models import User
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.custom import WithCustomValues
from embudo.kernel.fold import fold
from embudo.kernel.permission import Permission, Scope
from embudo.kernel.record import OwnedQuerySet, OwnedRecord, new_id
from embudo.kernel.trigram import holding


def led_by(actor: Actor) -> Q:
    """Entries that somebody sees by what they are bound to, whoever entered them."""
    me = actor.id
    bound = Binding.objects.filter(person=me)
    ordered = Assignment.objects.filter(Q(principal=me) | Q(coordinator=me)).values("pk")
    joined = bound.filter(duty__in=(Duty.PRINCIPAL, Duty.COORDINATOR)).values("assignment")
    verified = bound.filter(duty=Duty.VERIFIER).values("assignment")
    return (
        Q(binding__in=Binding.objects.filter(supervisor=me).values("pk"))
        | Q(assignment__in=ordered)
        | Q(assignment__in=joined)
        | Q(assignment__in=verified, state__in=SHOWN_TO_VERIFIER)
    )


class EntryQuerySet(OwnedQuerySet[Any]):
    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        """Those one entered, or whom the grant reaches entered, and those one leads, ordered or verifies."""
        owners = actor.owners(scope)
        return self if owners is None else self.filter(Q(owner__in=owners) | led_by(actor))

    def matching(self, words: str) -> Self:
        return holding(self, fold(words).split())


class Entry(WithCustomValues, Placed, CompanyFacts, OwnedRecord):
    """A company or person as somebody recorded it under an assignment; its owner is the operator."""

    view_permission = permissions.VIEW_ENTRIES
    custom_led_by: ClassVar[str] = "owner"  # a million, of which operators and supervisors see a part
    personal_fields: ClassVar[tuple[str, ...]] = (
        "name", "first_name", "last_name", "job_title", "tax_id", "vat_id", "email", "phone", "mobile", "fax", "street",
        "number", "postcode", "town", "region", "remarks", "custom",
    )  # fmt: skip
    secret_fields: ClassVar[tuple[str, ...]] = (
        "name_key", "tax_key", "email_key", "phone_key", "mobile_key", "search",
    )  # fmt: skip

    assignment = models.ForeignKey(
        Assignment,
        on_delete=models.PROTECT,
        related_name="entries",
        db_index=False,
        verbose_name=_("assignment"),
    )
    binding = models.ForeignKey(Binding, on_delete=models.PROTECT, null=True, related_name="+")
    subject = models.CharField(max_length=8, choices=Subject.choices, default=Subject.COMPANY, editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=EntryState.choices, default=EntryState.ENTERED
    )
    day = models.DateField(_("entered on"), default=clock.today, editable=False)
    seconds = models.PositiveIntegerField(_("time taken in seconds"), default=0, editable=False)
    round = models.PositiveSmallIntegerField(_("round"), default=1, editable=False)  # of verification
    is_drawn = models.BooleanField(default=False, editable=False)  # to be verified
    handed_in = models.DateTimeField(_("handed in"), null=True, blank=True, editable=False)
    decided = models.DateTimeField(_("decided"), null=True, blank=True, editable=False)
    verifier = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("verifier")
    )
    leased = models.DateTimeField(
        null=True, blank=True, editable=False
    )  # until then it is the verifier's alone
    disputed = models.DateTimeField(_("disputed"), null=True, blank=True, editable=False)
    second = models.CharField(
        _("second entry"), max_length=10, choices=Second.choices, default=Second.NONE, editable=False
    )
    company = models.ForeignKey(
        Company, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("company")
    )
    person = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("person")
    )

    name = models.CharField(_("name"), max_length=161)
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail address"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    mobile = models.CharField(_("mobile"), max_length=20, blank=True)
    remarks = models.TextField(_("remarks"), max_length=4000, blank=True)

    name_key = models.CharField(max_length=161, editable=False)
    tax_key = models.CharField(max_length=20, null=True, editable=False)  # noqa: DJ001 - null stays out of the index
    email_key = models.CharField(max_length=254, null=True, editable=False)  # noqa: DJ001 - as above
    phone_key = models.CharField(max_length=20, null=True, editable=False)  # noqa: DJ001 - as above
    mobile_key = models.CharField(max_length=20, null=True, editable=False)  # noqa: DJ001 - as above
    search = models.CharField(max_length=900, editable=False)

    objects: ClassVar[EntryQuerySet] = EntryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["assignment", "-created", "-id"], name="entry_newest"),
            models.Index(fields=["assignment", "state", "handed_in", "id"], name="entry_queue"),
            models.Index(fields=["-created", "-id"], name="entry_created"),
            # the state stands in the next four too: SQLite takes no index over another one that knows more of the conditions
            models.Index(
                fields=["assignment", "state", "handed_in", "id"],
                condition=Q(state=EntryState.HANDED_IN, round__gt=1),
                name="entry_came_back",
            ),
            # what waits for a verdict is counted by this alone, and given out in its order
            models.Index(
                fields=["assignment", "state", "handed_in", "id", "owner", "second", "round"],
                condition=Q(state=EntryState.HANDED_IN),
                name="entry_waiting",
            ),
            models.Index(
                fields=["assignment", "state", "second", "handed_in", "id"],
                condition=Q(state=EntryState.HANDED_IN, second=Second.WANTED),
                name="entry_second_wanted",
            ),
            # what a verifier has at hand, among all that they ever decided
            models.Index(
                fields=["verifier", "state", "leased"],
                condition=Q(state=EntryState.IN_VERIFICATION),
                name="entry_at_hand",
            ),
            models.Index(fields=["owner", "assignment", "-created", "-id"], name="entry_owner_newest"),
            models.Index(fields=["owner", "state", "-updated", "id"], name="entry_owner_state"),
            models.Index(fields=["tax_key"], name="entry_same_tax", condition=Q(tax_key__isnull=False)),
            models.Index(fields=["email_key"], name="entry_same_email", condition=Q(email_key__isnull=False)),
            models.Index(fields=["phone_key"], name="entry_same_phone", condition=Q(phone_key__isnull=False)),
            models.Index(fields=["name_key"], name="entry_same_name"),
        )

    def __str__(self) -> str:
        return self.name

    def is_within(self, actor: Actor, permission: Permission) -> bool:
        """One's own, or what the querysets say: bindings reach further than the owner."""
        scope = actor.scope(permission)
        if scope is None:
            return False
        if scope is Scope.ALL or (actor.id is not None and self.owner_id == actor.id):
            return True
        return Entry.objects.filter(pk=self.pk).owned_within(actor, scope).exists()

    def derived(self, **values: Any) -> dict[str, Any]:
        return entry_keys({name: values.get(name, getattr(self, name)) for name in KEYED})

    def value_of(self, name: str) -> Any:
        """The value of an attribute by its name in forms."""
        return (
            self.custom.get(name.removeprefix("custom_"))
            if name.startswith("custom_")
            else getattr(self, name)
        )


class Draft(models.Model):
    """
    What somebody is typing, as it stood a moment ago: one row per form, overwritten, no act. `after_closing` says that it
    was saved when the part was closed already; then it is the supervisor's to look at.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    assignment = models.ForeignKey(
        Assignment, on_delete=models.CASCADE, related_name="drafts", db_index=False
    )
    entry = models.ForeignKey(
        Entry, on_delete=models.CASCADE, null=True, related_name="drafts", db_index=False
    )
    values = models.JSONField(default=dict)
    title = models.CharField(max_length=161, blank=True)
    began = models.DateTimeField(default=clock.now)
    saved = models.DateTimeField(default=clock.now)
    sequence = models.PositiveIntegerField(
        default=0
    )  # of the page's saves: one that comes late changes nothing
    after_closing = models.BooleanField(default=False)

    class Meta:
        indexes = (
            models.Index(fields=["owner", "assignment", "-saved"], name="draft_of_owner"),
            models.Index(
                fields=["assignment", "-saved"], condition=Q(after_closing=True), name="draft_after_closing"
            ),
            models.Index(fields=["entry"], condition=Q(entry__isnull=False), name="draft_of_entry"),
        )
