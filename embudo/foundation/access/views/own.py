from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.access import commands, forms, permissions, queries
from embudo.foundation.access.models import SignIn, Token, User
from embudo.foundation.access.views.door import address_of, too_many_text
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import panels_for
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, ListPage, Page
from embudo.foundation.ui.parts import Action, Column, Crumb
from embudo.kernel.errors import TooMany
from embudo.kernel.permission import permission_named

PROFILE = Crumb(_("Profile"), reverse_lazy("access:profile"))
FACTORS = Crumb(_("Second factor"), reverse_lazy("access:factors"))
TOKENS = Crumb(_("API tokens"), reverse_lazy("access:tokens"))


class Profile(CommandPage):
    command, form_class = commands.change_profile, forms.ProfileForm
    template_name = "access/profile.html"
    title = _("Profile")

    def initial(self, record: Any) -> Mapping[str, Any]:
        user = queries.own_user(self.actor)
        return {name: getattr(user, name) for name in self.form_class.base_fields}

    def success_url(self, result: User, record: Any) -> str:
        return reverse("access:profile")

    def success_message(self, result: User) -> str:
        return gettext("Your profile is saved.")

    def get_context(self) -> dict[str, Any]:
        user = queries.own_user(self.actor)
        panels = [
            {"id": f"panel-{number}", "label": panel.label, "url": panel.address("access.user", user.id)}
            for number, panel in enumerate(panels_for(self.actor, "access.profile"))
            if panel.kind != "*"
        ]
        return super().get_context() | {
            "user": user,
            "panels": panels,
            "has_factor": queries.has_factor(user),
        }


class ProvenPage(CommandPage):
    """A change of how one signs in: the password is asked for once more."""

    crumbs: ClassVar[Sequence[Crumb]] = (PROFILE, FACTORS)
    cancel_url = reverse_lazy("access:factors")

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        user = queries.own_user(actor)
        commands.check_own_password(user, data["password"], address=address_of(self.request))
        return self.act(actor, {name: value for name, value in data.items() if name != "password"})

    def act(self, actor: Any, data: Mapping[str, Any]) -> Any:
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except TooMany as fault:
            form = self.get_form(request.POST)
            form.is_valid()
            form.add_error(None, too_many_text(fault.retry_after))
            return self.show(form, status=429)

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("access:factors")


class ChangePassword(ProvenPage):
    command, form_class = commands.change_password, forms.ChangePasswordForm
    title, submit_label = _("Change the password"), _("Change the password")
    intro = _("All other browsers are signed out.")
    crumbs = (PROFILE,)
    cancel_url = reverse_lazy("access:profile")

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> User:
        user, session = queries.own_user(actor), self.request.session.session_key or ""
        commands.check_own_password(user, data["old"], address=address_of(self.request), field="old")
        user = commands.change_password(actor, **data, session=session)
        update_session_auth_hash(self.request, user)
        self.request.session.save()
        commands.follow_session(session, self.request.session.session_key or "")
        return user

    def success_url(self, result: User, record: Any) -> str:
        return reverse("access:profile")

    def success_message(self, result: User) -> str:
        return gettext("The new password is saved.")


class Factors(Page):
    permission = permissions.OWN_PROFILE
    title = _("Second factor")
    template_name = "access/factors.html"
    crumbs = (PROFILE,)

    def get_context(self) -> dict[str, Any]:
        user = queries.own_user(self.actor)
        found = queries.factors(user)
        return super().get_context() | {
            "factors": found,
            "has_app": any(one.type == "totp" for one in found),
            "codes_left": len(queries.recovery_codes(user)) if found else 0,
            "is_owed": getattr(self.request.user, "owes_factor", False),
        }


class AddTotp(ProvenPage):
    command, form_class = commands.add_totp, forms.TotpForm
    template_name = "access/totp_add.html"
    title, submit_label = _("Add an authenticator app"), _("Add the app")

    def secret(self) -> str:
        """Kept in the session until a right code shows that the app has it."""
        return str(self.request.session.setdefault("totp", generate_totp_secret()))

    def act(self, actor: Any, data: Mapping[str, Any]) -> User:
        user = commands.add_totp(actor, secret=self.secret(), code=data["code"])
        self.request.session.pop("totp")
        return user

    def success_url(self, result: User, record: Any) -> str:
        return reverse("access:recovery_codes")

    def get_context(self) -> dict[str, Any]:
        secret = self.secret()
        picture, address = queries.qr_code(queries.own_user(self.actor), secret)
        spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        return super().get_context() | {"picture": picture, "address": address, "secret": spaced}


class AddPasskey(ProvenPage):
    command, form_class = commands.add_passkey, forms.PasskeyForm
    template_name = "access/passkey_add.html"
    title, submit_label = _("Add a passkey"), _("Add the passkey")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse(queries.passkey_question(queries.own_user(self.actor), is_new=True))
        return super().get(request, *args, **kwargs)

    def act(self, actor: Any, data: Mapping[str, Any]) -> User:
        return commands.add_passkey(actor, **data)

    def success_url(self, result: User, record: Any) -> str:
        return reverse("access:recovery_codes")


class RemoveFactor(ProvenPage):
    command, form_class = commands.remove_factor, forms.OwnPasswordForm
    title, submit_label = _("Remove a second factor"), _("Remove")
    is_danger = True

    def act(self, actor: Any, data: Mapping[str, Any]) -> User:
        return commands.remove_factor(actor, factor=self.kwargs["factor"])

    def success_message(self, result: User) -> str:
        return gettext("It is removed.")


class RecoveryCodes(Page):
    """Shown once after they were made; afterwards only on renewal."""

    permission = permissions.OWN_PROFILE
    title = _("Recovery codes")
    template_name = "access/recovery_codes.html"
    crumbs = (PROFILE, FACTORS)

    def get_context(self) -> dict[str, Any]:
        return super().get_context() | {"codes": queries.recovery_codes_to_show(queries.own_user(self.actor))}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().get(request, *args, **kwargs)
        commands.note_codes_shown(queries.own_user(self.actor))
        response["Cache-Control"] = "no-store"
        return response


class RenewCodes(ProvenPage):
    command, form_class = commands.renew_recovery_codes, forms.OwnPasswordForm
    title, submit_label = _("Make new recovery codes"), _("Make new codes")
    intro = _("The old codes no longer work then.")

    def act(self, actor: Any, data: Mapping[str, Any]) -> User:
        return commands.renew_recovery_codes(actor)

    def success_message(self, result: User) -> str:
        return ""

    def success_url(self, result: User, record: Any) -> str:
        return reverse("access:recovery_codes")


class Sessions(ListPage):
    permission = permissions.OWN_PROFILE
    title = _("Where you are signed in")
    query = queries.sign_ins
    crumbs = (PROFILE,)
    columns = (
        Column("browser", _("Browser"), cell=lambda row: browser_name(row.browser)),
        Column("address", _("Network address")),
        Column("created", _("Signed in"), kind="datetime"),
        Column("last_seen", _("Last seen"), kind="datetime"),
    )
    actions = (
        Action(_("Sign out everywhere else"), reverse_lazy("access:sessions_end"), "log-out", dialog=True),
    )
    empty_title = _("No browser is noted yet")

    def row_sub(self, row: SignIn) -> Any:
        return gettext("This browser") if row.session == self.request.session.session_key else None

    def row_actions(self, row: SignIn) -> Sequence[Action]:
        name = gettext("Sign out %(browser)s") % {"browser": browser_name(row.browser)}
        return [
            Action(
                _("Sign out"), reverse("access:session_end", args=[row.pk]), "log-out", dialog=True, name=name
            )
        ]

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s browser", "%(n)s browsers", n) % {"n": self.count_shown(n)}


def browser_name(sent: str) -> str:
    """ "Firefox, Windows" from the long line that browsers send."""
    browsers = (
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    systems = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
               ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip
    named = [next((name for mark, name in marks if mark in sent), "") for marks in (browsers, systems)]
    return ", ".join(filter(None, named)) or sent[:40] or gettext("Unknown browser")


class EndSession(ConfirmPage):
    query, command = queries.sign_in, commands.end_session
    title, submit_label = _("Sign out a browser"), _("Sign out")
    crumbs = (PROFILE,)
    cancel_url = reverse_lazy("access:sessions")

    def get_cancel_url(self) -> str:
        return str(self.cancel_url)

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("access:sessions")

    def success_message(self, result: Any) -> str:
        return gettext("That browser is signed out.")


class EndOtherSessions(ConfirmPage):
    command = commands.end_other_sessions
    title, submit_label = _("Sign out everywhere else"), _("Sign out everywhere else")
    intro = _("Only this browser stays signed in.")
    cancel_url = reverse_lazy("access:sessions")

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> int:
        return commands.end_other_sessions(actor, session=self.request.session.session_key or "")

    def success_url(self, result: int, record: Any) -> str:
        return reverse("access:sessions")

    def success_message(self, result: int) -> str:
        return ngettext("%(n)d browser is signed out.", "%(n)d browsers are signed out.", result) % {
            "n": result
        }


def token_state(token: Token) -> Any:
    if token.revoked:
        return atoms.badge("plain", "x", gettext("Revoked"))
    if not token.is_valid:
        return atoms.badge("warn", "clock", gettext("Expired"))
    return atoms.badge("ok", "check", gettext("Works"))


def grants_text(token: Token) -> str:
    if not token.grants:
        return gettext("All of yours")
    labels = [str(found.label) for found in map(permission_named, token.grants) if found]
    return ", ".join(labels[:3]) + (" …" if len(labels) > 3 else "")


class Tokens(ListPage):
    permission = permissions.OWN_PROFILE
    title = _("API tokens")
    query = queries.tokens
    crumbs = (PROFILE,)
    columns = (
        Column("name", _("Name")),
        Column("state", _("State"), cell=token_state),
        Column("grants", _("Permissions"), cell=grants_text),
        Column("expires", _("Expires"), kind="datetime"),
        Column("last_used", _("Last used"), kind="datetime"),
    )
    actions = (Action(_("New token"), reverse_lazy("access:token_new"), "plus", primary=True),)
    empty_title = _("No tokens yet")
    empty_text = _(
        "A token lets a program act for you through the API, with no more rights than you give it."
    )

    def row_sub(self, row: Token) -> str:
        return f"emb_{row.prefix}_…"

    def row_actions(self, row: Token) -> Sequence[Action]:
        if row.revoked:
            return []
        name = gettext("Revoke %(name)s") % {"name": row.name}
        return [
            Action(
                _("Revoke"), reverse("access:token_revoke", args=[row.pk]), "trash-2", dialog=True, name=name
            )
        ]

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s token", "%(n)s tokens", n) % {"n": self.count_shown(n)}


class NewToken(CommandPage):
    command, form_class = commands.create_token, forms.TokenForm
    title, submit_label = _("New token"), _("Make the token")
    crumbs = (PROFILE, TOKENS)
    cancel_url = reverse_lazy("access:tokens")

    def succeed(self, result: tuple[Token, str]) -> HttpResponse:
        """The secret is shown in the answer itself, so that it is kept nowhere, and never again."""
        token, secret = result
        context = self.get_context() | {"title": gettext("Your new token"), "token": token, "secret": secret}
        response = self.render(context, template="access/token_shown.html")
        response["Cache-Control"] = "no-store"
        return response


class RevokeToken(ConfirmPage):
    query, command = queries.token, commands.revoke_token
    title, submit_label, is_danger = _("Revoke the token"), _("Revoke"), True
    intro = _("Programs that use it are refused at once. This cannot be undone.")

    def get_cancel_url(self) -> str:
        return reverse("access:tokens")

    def success_url(self, result: Token, record: Token) -> str:
        return reverse("access:tokens")

    def success_message(self, result: Token) -> str:
        return gettext("The token no longer works.")
