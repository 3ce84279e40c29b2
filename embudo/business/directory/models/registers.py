from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from embudo.business.directory import permissions, rules
from embudo.business.directory.models.records import Company
from embudo.kernel.actor import Actor
from embudo.kernel.permission import Permission, Scope
from embudo.kernel.record import Record, RecordQuerySet


class RegisterSwitch(Record):
    """Whether a public register is asked. A register without a row is off."""

    view_permission = permissions.MANAGE_REGISTERS

    code = models.CharField(_("register"), max_length=20, unique=True)
    is_on = models.BooleanField(_("is asked"), default=False)
    is_automatic = models.BooleanField(_("is asked about every new number"), default=False)
    requester = models.CharField(_("own VAT number"), max_length=14, blank=True)


class CheckQuerySet(RecordQuerySet[Any]):
    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        owners = actor.owners(scope)
        return self if owners is None else self.filter(company__owner__in=owners)


class RegisterCheck(Record):
    """What a register answered about a company's number."""

    view_permission = permissions.VIEW_COMPANIES

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="checks")
    register_code = models.CharField(_("register"), max_length=20)
    number = models.CharField(_("number"), max_length=20)
    outcome = models.CharField(
        _("outcome"), max_length=7, choices=rules.Outcome.choices, default=rules.Outcome.WAITING
    )
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    consultation = models.CharField(_("consultation number"), max_length=60, blank=True)
    answered = models.DateTimeField(_("answered"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    values = models.JSONField(_("what the register says"), default=dict, blank=True)

    objects: ClassVar[CheckQuerySet] = CheckQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (models.Index(fields=["company", "-created"], name="registercheck_company"),)

    def is_within(self, actor: Actor, permission: Permission) -> bool:
        return self.company.is_within(actor, permission)

    def is_visible_to(self, actor: Actor) -> bool:
        return self.company.is_visible_to(actor)
