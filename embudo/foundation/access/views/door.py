from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.access import commands, forms, queries, rules
from embudo.foundation.access.models import User
from embudo.foundation.ui.access_marks import public, signed_in
from embudo.foundation.ui.pages import FormPage, Page
from embudo.foundation.ui.pages.base import BARE
from embudo.kernel import clock
from embudo.kernel.errors import NotFound, TooMany

BACKEND = "embudo.foundation.access.queries.session_users.SessionUsers"
PENDING = "second step"


def address_of(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR") or "")


def safe_next(request: HttpRequest) -> str:
    """Where `next` leads if that is on this site; the start page otherwise."""
    asked = request.GET.get("next", "")
    fits = asked.startswith("/") and url_has_allowed_host_and_scheme(
        asked, {request.get_host()}, request.is_secure()
    )
    return asked if fits else "/"


def enter(request: HttpRequest, user: User, method: str) -> None:
    """Opens the session: a fresh key, and a note in the list of the user's browsers."""
    login(request, user, BACKEND)
    request.session["seen"] = int(clock.now().timestamp())
    request.session.save()
    commands.start_session(
        queries.visitor(user, request_id=getattr(request, "request_id", "")),
        session=request.session.session_key or "",
        method=method,
        address=address_of(request),
        browser=request.headers.get("User-Agent", ""),
    )


class DoorPage(FormPage):
    """A page for strangers. Too many tries are told with the time from which to try again."""

    shell = BARE
    template_name = "access/door.html"

    @property
    def visitor(self) -> Any:
        return queries.visitor(request_id=getattr(self.request, "request_id", ""))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except TooMany as fault:
            form = self.get_form(request.POST)
            form.is_valid()
            form.add_error(None, too_many_text(fault.retry_after))
            response = self.show(form, status=429)
            response["Retry-After"] = str(fault.retry_after)
            return response

    def success_message(self, result: Any) -> str:
        return ""


def too_many_text(seconds: int) -> str:
    until = timezone.localtime(clock.now() + timedelta(seconds=seconds + 59))
    return gettext("Too many tries. Try again at %(time)s.") % {"time": date_format(until, "TIME_FORMAT")}


@public
class SignIn(DoorPage):
    form_class = forms.SignInForm
    template_name = "access/sign_in.html"
    title, submit_label = _("Sign in"), _("Sign in")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if queries.is_fresh():
            return HttpResponseRedirect(reverse("access:setup"))
        return HttpResponseRedirect(safe_next(request)) if self.actor.is_known else super().get(request)

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> str:
        user = commands.prove_password(
            self.request, email=data["email"], password=data["password"], address=address_of(self.request)
        )
        if user is None:
            raise rules.wrong_password()
        if queries.has_factor(user):
            self.request.session[PENDING] = {"user": str(user.id), "at": clock.now().timestamp()}
            return f"{reverse('access:second_factor')}?{self.request.GET.urlencode()}".rstrip("?")
        enter(self.request, user, "password")
        return safe_next(self.request)

    def success_url(self, result: str, record: Any) -> str:
        return result


def pending_user(request: HttpRequest) -> User | None:
    """Who gave the right password and still owes the second factor: no identity for anything but that page."""
    noted = request.session.get(PENDING)
    if not noted or clock.now().timestamp() - noted["at"] > rules.SECOND_STEP_LASTS.total_seconds():
        return None
    return queries.user_at_second_step(UUID(noted["user"]))


@public
class SecondFactor(DoorPage):
    form_class = forms.CodeForm
    template_name = "access/second_factor.html"
    title, submit_label = _("Second step"), _("Sign in")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return (
            super().get(request) if pending_user(request) else HttpResponseRedirect(reverse("access:sign_in"))
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return (
            super().post(request)
            if pending_user(request)
            else HttpResponseRedirect(reverse("access:sign_in"))
        )

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> str:
        user = pending_user(self.request)
        if user is None:
            raise NotFound
        method = self.proof(user, data)
        if not method:
            raise rules.wrong_code()
        self.request.session.pop(PENDING, None)
        enter(self.request, user, f"password and {method}")
        return safe_next(self.request)

    def proof(self, user: User, data: Mapping[str, Any]) -> str:
        if data.get("credential"):
            return "passkey" if commands.prove_passkey(user, data["credential"]) else ""
        return commands.prove_code(user, data["code"], address=address_of(self.request))

    def success_url(self, result: str, record: Any) -> str:
        return result

    def form_context(self, form: Any) -> dict[str, Any]:
        form.fields["code"].required = True  # drawn without "(optional)"; a passkey stands in for it
        return super().form_context(form)

    def get_context(self) -> dict[str, Any]:
        user = pending_user(self.request)
        kinds = {found.type for found in queries.factors(user)} if user else set()
        return super().get_context() | {"has_passkey": "webauthn" in kinds, "has_app": "totp" in kinds}


@public
class PasskeyQuestion(Page):
    """The question for the browser's passkey, at the first step (nobody known yet) or the second."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return JsonResponse(queries.passkey_question(pending_user(request)))


@public
class PasskeySignIn(DoorPage):
    """Signs in with a passkey alone: it proves possession and, by finger or PIN, the person."""

    form_class = forms.PasskeyAnswerForm
    title = _("Sign in")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("access:sign_in"))

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> str:
        user = commands.prove_passkey(None, data["credential"])
        if user is None:
            raise rules.wrong_passkey()
        enter(self.request, user, "passkey")
        return safe_next(self.request)

    def success_url(self, result: str, record: Any) -> str:
        return result


@signed_in
class SignOut(Page):
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect("/")  # an address alone changes nothing

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        if isinstance(user, User):
            commands.sign_out(queries.visitor(user), session=request.session.session_key or "")
        logout(request)
        return HttpResponseRedirect(reverse("access:sign_in"))


@public
class ForgottenPassword(DoorPage):
    form_class = forms.ForgottenForm
    title, submit_label = _("Forgotten password"), _("Send the link")
    intro = _("We mail you a link under which you choose a new password.")

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> None:
        commands.try_once(rules.RESETS, account=data["email"].lower(), address=address_of(self.request))
        commands.request_password_reset(self.visitor, email=data["email"])

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("access:reset_sent")


@public
class ResetSent(Page):
    shell = BARE
    title = _("Look into your mail")
    template_name = "access/reset_sent.html"


class LinkPage(DoorPage):
    """A page behind a mailed link: a used or old one answers with what to do next, not with a form."""

    def user(self) -> User | None:
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().get(request) if self.user() else self.expired()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().post(request) if self.user() else self.expired()

    def expired(self) -> HttpResponse:
        context = self.get_context() | {"title": gettext("This link no longer works")}
        response = self.render(context, status=410, template="access/link_expired.html")
        response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - the address is a secret
        return response

    def show(self, form: Any, *, status: int = 200) -> HttpResponse:
        response = super().show(form, status=status)
        response["Referrer-Policy"] = "no-referrer"
        return response


@public
class ResetPassword(LinkPage):
    form_class = forms.NewPasswordForm
    title, submit_label = _("Choose a new password"), _("Save the password")

    def user(self) -> User | None:
        return queries.user_of_reset_link(self.kwargs["key"], self.kwargs["token"])

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> User:
        return commands.reset_password(
            self.visitor, key=self.kwargs["key"], token=self.kwargs["token"], password=data["password"]
        )

    def success_message(self, result: Any) -> str:
        return gettext("The new password is saved. Sign in with it.")

    def success_url(self, result: User, record: Any) -> str:
        return reverse("access:sign_in")


@public
class AcceptInvitation(LinkPage):
    form_class = forms.AcceptForm
    title, submit_label = _("Welcome to Embudo"), _("Start")
    intro = _(
        "Check your name and choose a password. You sign in with your e-mail address and this password."
    )

    def user(self) -> User | None:
        return queries.user_of_invitation(self.kwargs["key"], self.kwargs["token"])

    def initial(self, record: Any) -> Mapping[str, Any]:
        user = self.user()
        return {"name": user.name if user else ""}

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> User:
        user = commands.accept_invitation(
            self.visitor,
            key=self.kwargs["key"],
            token=self.kwargs["token"],
            name=data["name"],
            password=data["password"],
        )
        enter(self.request, user, "invitation")
        return user

    def success_url(self, result: User, record: Any) -> str:
        return "/"


@public
class SetUp(DoorPage):
    form_class = forms.SetUpForm
    title, submit_label = _("Set up Embudo"), _("Start")
    intro = _("Nobody is here yet. Name your organisation and make the first administrator: you.")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().get(request) if queries.is_fresh() else HttpResponseRedirect("/")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().post(request) if queries.is_fresh() else HttpResponseRedirect("/")

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> User:
        user = commands.set_up(queries.founder(), **data)
        enter(self.request, user, "password")
        return user

    def success_url(self, result: User, record: Any) -> str:
        return "/"
