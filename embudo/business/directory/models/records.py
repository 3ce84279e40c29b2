from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from embudo.business.directory import permissions, rules
from embudo.kernel.actor import Actor
from embudo.kernel.custom import WithCustomValues
from embudo.kernel.fold import fold
from embudo.kernel.permission import Permission, Scope
from embudo.kernel.record import OwnedQuerySet, OwnedRecord, Record, RecordQuerySet


def key_field(length: int) -> models.CharField[Any, Any]:
    """
    What duplicates are found by. Null where there is nothing to compare: such rows stay out of the index, which else
    consists of empty texts mostly, and SQLite then reads the table instead.
    """
    return models.CharField(max_length=length, null=True, editable=False)


def key_index(field: str, name: str) -> models.Index:
    return models.Index(fields=[field], condition=models.Q(**{f"{field}__isnull": False}), name=name)


class DirectoryQuerySet(OwnedQuerySet[Any]):
    def matching(self, words: str) -> Self:
        """Those found by every word, in the one column made for it; whatever case or accents."""
        found = self.model._base_manager.all()
        for word in fold(words).split():
            found = found.filter(search__contains=word)
        return self.filter(pk__in=found.values("pk"))


class Placed(models.Model):
    """A postal address."""

    street = models.CharField(_("street"), max_length=120, blank=True)
    number = models.CharField(_("number"), max_length=20, blank=True)
    postcode = models.CharField(_("postcode"), max_length=16, blank=True)
    town = models.CharField(_("town"), max_length=80, blank=True)
    region = models.CharField(_("region"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)

    class Meta:
        abstract = True

    @property
    def address_lines(self) -> list[str]:
        """As on an envelope, without the country."""
        lines = (f"{self.street} {self.number}", f"{self.postcode} {self.town}", self.region)
        return [line.strip() for line in lines if line.strip()]


class Addressed(Placed):
    """The preferred address, with the kinds of all that is preferred; further ones stand in tables of their own."""

    address_kind = models.CharField(
        _("kind of the address"), max_length=8, choices=rules.Kind.choices, default="work"
    )
    email_kind = models.CharField(
        _("kind of the e-mail address"), max_length=8, choices=rules.Kind.choices, default="work"
    )
    phone_kind = models.CharField(
        _("kind of the phone"), max_length=8, choices=rules.Kind.choices, default="work"
    )
    # further phone numbers and mail addresses in one text: lists, search and history need no second table
    further = models.TextField(_("further phones and e-mail addresses"), blank=True, editable=False)

    class Meta:
        abstract = True


class CompanyFacts(models.Model):
    """What is known of a company beside its address and the preferred ways to reach it."""

    tax_id = models.CharField(_("tax number"), max_length=20, blank=True)
    vat_id = models.CharField(_("EU VAT number"), max_length=14, blank=True)
    regon = models.CharField(_("REGON"), max_length=14, blank=True)
    krs = models.CharField(_("KRS"), max_length=10, blank=True)
    siret = models.CharField(_("SIREN or SIRET"), max_length=14, blank=True)
    fax = models.CharField(_("fax"), max_length=20, blank=True)
    website = models.CharField(_("website"), max_length=200, blank=True)
    sector = models.CharField(_("sector"), max_length=80, blank=True)
    activity = models.CharField(_("activity"), max_length=200, blank=True)
    pkd = models.CharField(_("PKD code"), max_length=12, blank=True)
    pkd_others = models.CharField(_("other PKD codes"), max_length=400, blank=True)
    size = models.CharField(_("size"), max_length=6, choices=rules.Size.choices, blank=True)
    employees = models.PositiveIntegerField(_("employees"), null=True, blank=True)
    founded = models.PositiveSmallIntegerField(_("founded in"), null=True, blank=True)
    source1 = models.CharField(_("source 1"), max_length=120, blank=True)
    source2 = models.CharField(_("source 2"), max_length=120, blank=True)
    source3 = models.CharField(_("source 3"), max_length=120, blank=True)
    source4 = models.CharField(_("source 4"), max_length=120, blank=True)

    class Meta:
        abstract = True


class Company(WithCustomValues, Addressed, CompanyFacts, OwnedRecord):
    view_permission = permissions.VIEW_COMPANIES
    # many a company is one person, called like them
    personal_fields: ClassVar[tuple[str, ...]] = (
        "name", "tax_id", "vat_id", "email", "phone", "mobile", "fax", "street", "number", "postcode", "town", "region", "further",
        "remarks", "custom",
    )  # fmt: skip
    # derived from the other columns: nothing to keep in the log
    secret_fields: ClassVar[tuple[str, ...]] = (
        "name_key", "tax_key", "email_key", "phone_key", "mobile_key", "search",
    )  # fmt: skip

    name = models.CharField(_("name"), max_length=160)
    email = models.EmailField(_("e-mail address"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    mobile = models.CharField(_("mobile"), max_length=20, blank=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("belongs to"),
    )
    is_customer = models.BooleanField(_("customer"), default=False)
    remarks = models.TextField(_("remarks"), max_length=4000, blank=True)

    name_key = models.CharField(max_length=160, editable=False)
    tax_key = key_field(20)
    email_key = key_field(254)
    phone_key = key_field(20)
    mobile_key = key_field(20)
    search = models.CharField(max_length=900, editable=False)

    objects: ClassVar[DirectoryQuerySet] = DirectoryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["updated", "id"], name="company_updated"),
            models.Index(fields=["created", "id"], name="company_created"),
            models.Index(fields=["name", "id"], name="company_name"),
            models.Index(fields=["owner", "updated", "id"], name="company_owner_updated"),
            models.Index(fields=["owner", "name", "id", "is_customer"], name="company_owner_name"),
            models.Index(fields=["is_customer", "updated", "id"], name="company_customer_updated"),
            models.Index(fields=["name_key"], name="company_same_name"),
            key_index("email_key", "company_same_email"),
            key_index("phone_key", "company_same_phone"),
            key_index("mobile_key", "company_same_mobile"),
            key_index("tax_key", "company_same_tax"),
        )

    def __str__(self) -> str:
        return self.name

    def derived(self, **values: Any) -> dict[str, Any]:
        return rules.company_keys(
            {name: values.get(name, getattr(self, name)) for name in rules.KEYED_COMPANY}
        )


class Person(WithCustomValues, Addressed, OwnedRecord):
    view_permission = permissions.VIEW_PEOPLE
    personal_fields: ClassVar[tuple[str, ...]] = (
        "first_name",
        "last_name",
        "name",
        "email",
        "phone",
        "mobile",
        "job_title",
        "street",
        "number",
        "postcode",
        "town",
        "region",
        "further",
        "remarks",
        "custom",
    )
    secret_fields: ClassVar[tuple[str, ...]] = (
        "name_key", "email_key", "phone_key", "mobile_key", "search",
    )  # fmt: skip

    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail address"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    mobile = models.CharField(_("mobile"), max_length=20, blank=True)
    company = models.ForeignKey(
        Company,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("company"),
    )  # the affiliation that stands now, kept by the commands so that lists need no second table
    is_customer = models.BooleanField(_("customer"), default=False)
    remarks = models.TextField(_("remarks"), max_length=4000, blank=True)

    name = models.CharField(max_length=161, editable=False)
    name_key = models.CharField(max_length=160, editable=False)
    email_key = key_field(254)
    phone_key = key_field(20)
    mobile_key = key_field(20)
    search = models.CharField(max_length=900, editable=False)

    objects: ClassVar[DirectoryQuerySet] = DirectoryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["updated", "id"], name="person_updated"),
            models.Index(fields=["created", "id"], name="person_created"),
            models.Index(fields=["name", "id"], name="person_name"),
            models.Index(fields=["owner", "updated", "id"], name="person_owner_updated"),
            models.Index(fields=["owner", "name", "id", "is_customer"], name="person_owner_name"),
            models.Index(fields=["is_customer", "updated", "id"], name="person_customer_updated"),
            models.Index(fields=["name_key"], name="person_same_name"),
            key_index("email_key", "person_same_email"),
            key_index("phone_key", "person_same_phone"),
            key_index("mobile_key", "person_same_mobile"),
        )

    def __str__(self) -> str:
        return self.name

    def derived(self, **values: Any) -> dict[str, Any]:
        return rules.person_keys({name: values.get(name, getattr(self, name)) for name in rules.KEYED_PERSON})


class AffiliationQuerySet(RecordQuerySet[Any]):
    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        owners = actor.owners(scope)
        return self if owners is None else self.filter(person__owner__in=owners)


class Affiliation(Record):
    """Who works, or worked, at which company as what."""

    view_permission = permissions.VIEW_PEOPLE
    personal_fields: ClassVar[tuple[str, ...]] = ("role",)

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="affiliations")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="affiliations")
    role = models.CharField(_("role"), max_length=120, blank=True)
    since = models.DateField(_("since"), null=True, blank=True)
    until = models.DateField(_("until"), null=True, blank=True)

    objects: ClassVar[AffiliationQuerySet] = AffiliationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["person", "company"], condition=models.Q(until__isnull=True), name="affiliation_once"
            ),
            models.CheckConstraint(
                condition=models.Q(since__isnull=True)
                | models.Q(until__isnull=True)
                | models.Q(until__gte=models.F("since")),
                name="affiliation_ends_after_its_start",
            ),
        )

    @property
    def subject_id(self) -> UUID:
        return self.person_id

    def is_within(self, actor: Actor, permission: Permission) -> bool:
        return self.person.is_within(actor, permission)

    def is_visible_to(self, actor: Actor) -> bool:
        return self.person.is_visible_to(actor)
