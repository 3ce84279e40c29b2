import json
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.access import queries
from embudo.foundation.ui.forms import Form, PaperDateField
from embudo.kernel.permission import Scope, all_permissions, permission_named

CURRENCIES = (
    "EUR",
    "PLN",
    "USD",
    "GBP",
    "CHF",
    "CZK",
    "SEK",
    "NOK",
    "DKK",
    "HUF",
    "RON",
    "BGN",
    "MXN",
    "CAD",
    "AUD",
    "JPY",
)

MAX_ANSWER = 20_000


def zones() -> list[tuple[str, str]]:
    return [
        (zone, zone.replace("_", " "))
        for zone in sorted(available_timezones())
        if "/" in zone or zone == "UTC"
    ]


def password_field(label: Any, *, is_new: bool = False, **kwargs: Any) -> forms.CharField:
    autocomplete = "new-password" if is_new else "current-password"
    if is_new:
        kwargs.setdefault(
            "help_text", _("At least 10 characters. Three or four unrelated words make a good one.")
        )
    return forms.CharField(
        label=label, max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}), **kwargs,
    )  # fmt: skip


def email_field(**kwargs: Any) -> forms.EmailField:
    texts = {
        "required": _("Enter the e-mail address."),
        "invalid": _("Enter an e-mail address such as name@example.com."),
    }
    autocomplete = kwargs.pop("autocomplete", "off")
    widget = forms.EmailInput(attrs={"autocomplete": autocomplete, "spellcheck": "false"})
    return forms.EmailField(
        label=_("E-mail address"), max_length=254, error_messages=texts, widget=widget, **kwargs
    )


class CredentialField(forms.Field):
    """A passkey's answer, which the page's script puts into a hidden field as JSON."""

    widget = forms.HiddenInput
    default_error_messages = {"invalid": _("The browser's answer did not fit. Start again.")}

    def to_python(self, value: Any) -> dict[str, Any] | None:
        if value in self.empty_values:
            return None
        try:
            answer = json.loads(value) if len(value) < MAX_ANSWER else None
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise forms.ValidationError(self.error_messages["invalid"], "invalid")
        return answer


class PasskeyAnswer(Form):
    """A form with a hidden passkey's answer: its faults stand above the form, where they are seen."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for text in self.errors.pop("credential", []):
            self.add_error(None, str(text))
        return data


class SignInForm(Form):
    email = email_field(autocomplete="username webauthn")
    password = password_field(_("Password"))


class CodeForm(PasskeyAnswer):
    code = forms.CharField(
        label=_("Code"), max_length=20, required=False,
        help_text=_("The six digits your authenticator app shows now, or one of your recovery codes."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "num"}),
    )  # fmt: skip
    credential = CredentialField(required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("code") and not data.get("credential"):
            self.add_error("code", gettext("Enter the code."))
        return data


class PasskeyAnswerForm(PasskeyAnswer):
    credential = CredentialField()


class ForgottenForm(Form):
    email = email_field(autocomplete="username")


class NewPasswordForm(Form):
    password = password_field(_("New password"), is_new=True)


class AcceptForm(Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = password_field(_("Password"), is_new=True)


class SetUpForm(Form):
    organisation = forms.CharField(
        label=_("Name of the organisation"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES])
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = email_field(autocomplete="username")
    password = password_field(_("Password"), is_new=True)


class ProfileForm(Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones)
    is_on_shortcuts = forms.BooleanField(label=_("Function-key shortcuts (F2, F4, F8 …)"), required=False)


class ChangePasswordForm(Form):
    old = password_field(_("Present password"))
    new = password_field(_("New password"), is_new=True)


class OwnPasswordForm(Form):
    """Before what a borrowed browser must not do."""

    password = password_field(_("Your password"), help_text=_("To be sure that it is you."))


class TotpForm(OwnPasswordForm):
    field_order = ("code", "password")
    code = forms.CharField(
        label=_("Code"), max_length=10, help_text=_("The six digits the app shows after you added the account."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "num"}),
    )  # fmt: skip


class PasskeyForm(PasskeyAnswer, OwnPasswordForm):
    field_order = ("name", "password", "credential")
    name = forms.CharField(
        label=_("Name of the passkey"),
        max_length=60,
        help_text=_("Such as the computer or the key it lives in."),
    )
    credential = CredentialField(
        error_messages={
            "required": _("Your browser made no passkey. Try again, or use an authenticator app.")
        }
    )


class TokenForm(Form):
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What uses it: “Website form”, “Nightly export”.")
    )
    expires = PaperDateField(label=_("Expires on"), required=False)
    grants = forms.MultipleChoiceField(
        label=_("Permissions"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Tick what the program needs. None ticked: all that you hold."),
    )  # fmt: skip

    def prepare(self) -> None:
        held = [one for one in all_permissions() if one.code in self.actor.grants]
        self.fields["grants"].choices = [(one.code, one.label) for one in held]  # type: ignore[attr-defined]

    def clean_expires(self) -> datetime | None:
        """The end of the day that was typed, where the person is."""
        day = self.cleaned_data["expires"]
        return datetime.combine(day, time.max, ZoneInfo(self.actor.time_zone)) if day else None


class ReportToForm(Form):
    manager = forms.ChoiceField(label=_("Reports to"), required=False)

    def prepare(self) -> None:
        self.managers = {str(one.id): one for one in queries.may_report_to(self.actor, self.record)}
        choices = [("", _("Nobody")), *((key, one.name) for key, one in self.managers.items())]
        self.fields["manager"].choices = choices  # type: ignore[attr-defined]

    def clean_manager(self) -> Any:
        return self.managers.get(self.cleaned_data["manager"])


class ArrangeForm(Form):
    """A table of users, or, once somebody has seen what it changes, its rows."""

    file = forms.FileField(
        label=_("File"), allow_empty_file=True, error_messages={"required": _("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xlsm,.xls,.ods,.csv,.tsv"}),
        help_text=_("As the export gives it: XLSX, ODS or CSV, at most 25 MB."),
    )  # fmt: skip
    rows = forms.CharField(required=False, max_length=2_000_000, widget=forms.HiddenInput)
    digest = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def prepare(self) -> None:
        self.fields["file"].required = not self.data.get("digest")


class UserForm(Form):
    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = email_field()
    roles = forms.MultipleChoiceField(label=_("Roles"), required=False, widget=forms.CheckboxSelectMultiple)
    team = forms.ChoiceField(label=_("Team"), required=False)
    manager = forms.ChoiceField(label=_("Reports to"), required=False)

    def prepare(self) -> None:
        self.teams = {str(one.id): one for one in queries.teams(self.actor)}
        self.managers = {str(one.id): one for one in queries.may_report_to(self.actor, self.record)}
        self.offer("roles", queries.role_choices(self.actor))
        self.offer("team", [("", _("None")), *((key, one.name) for key, one in self.teams.items())])
        self.offer("manager", [("", _("Nobody")), *((key, one.name) for key, one in self.managers.items())])

    def offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean_roles(self) -> tuple[UUID, ...]:
        return tuple(UUID(one) for one in self.cleaned_data["roles"])

    def clean_team(self) -> Any:
        return self.teams.get(self.cleaned_data["team"])

    def clean_manager(self) -> Any:
        return self.managers.get(self.cleaned_data["manager"])


class NameForm(Form):
    name = forms.CharField(label=_("Name"), max_length=80)


class NewRoleForm(NameForm):
    like = forms.ChoiceField(label=_("Start with the permissions of"), required=False)

    def prepare(self) -> None:
        choices = [("", _("None")), *queries.role_choices(self.actor)]
        self.fields["like"].choices = choices  # type: ignore[attr-defined]

    def clean_like(self) -> Any:
        chosen = self.cleaned_data["like"]
        return queries.role(self.actor, UUID(chosen)) if chosen else None


SCOPE_LABELS = {
    Scope.OWN: _("Own"),
    Scope.TEAM: _("Team's"),
    Scope.SUBTREE: _("Own and of those who report to them"),
    Scope.ALL: _("All"),
}
NOT_GRANTED = ("", _("No"))


def scope_choices(code: str) -> list[tuple[str, Any]]:
    permission = permission_named(code)
    if permission is not None and not permission.scoped:
        return [NOT_GRANTED, (Scope.ALL.value, _("Yes"))]
    return [NOT_GRANTED, *((scope.value, label) for scope, label in SCOPE_LABELS.items())]


class GrantsForm(Form):
    """One choice for each permission of the product: how far the role's grant reaches."""

    def prepare(self) -> None:
        for permission in all_permissions():
            field = forms.ChoiceField(
                label=permission.label, required=False, choices=scope_choices(permission.code)
            )
            field.widget.attrs["class"] = "select input-sm"
            self.fields[permission.code] = field


class OrganisationForm(Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES])
    language = forms.ChoiceField(label=_("Language for new colleagues"), choices=settings.LANGUAGES)
    tax_id = forms.CharField(label=_("Tax number"), max_length=32, required=False)
    address = forms.CharField(
        label=_("Address"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("As it stands on invoices."),
    )  # fmt: skip
    country = forms.RegexField(
        "^[A-Za-z]{2}$", label=_("Country"), max_length=2, required=False, help_text=_("Two letters: PL, FR, ES."),
        error_messages={"invalid": _("Enter the two letters of the country, such as PL.")},
    )  # fmt: skip
    bank_account = forms.CharField(label=_("Bank account"), max_length=64, required=False)
    is_mailing_assignments = forms.BooleanField(
        label=_("Mail sellers when they are given a lead"), required=False
    )
    is_mfa_required = forms.BooleanField(
        label=_("Everybody signs in with a second factor"), required=False,
        help_text=_("Whoever has none is asked to set one up first; until then their API tokens rest."),
    )  # fmt: skip

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()
