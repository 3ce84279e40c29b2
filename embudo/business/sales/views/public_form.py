from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, gettext_lazy as _, ngettext
from django.views.decorators.csrf import csrf_exempt

from embudo.business.sales import commands, queries
from embudo.business.sales.forms import EnquiryForm
from embudo.business.sales.models import LeadSource
from embudo.business.sales.rules.form_tokens import Age, FormToken, read_token, write_token
from embudo.foundation.access.queries import organisation
from embudo.foundation.ui.access_marks import public
from embudo.foundation.ui.pages import Page
from embudo.foundation.ui.pages.base import BARE
from embudo.foundation.ui.pages.commands import add_errors, error_heading, error_links
from embudo.kernel import clock, limit
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid, TooMany

PER_ADDRESS, PER_SOURCE, WINDOW = 20, 600, 600  # submissions in ten minutes


class HostedPage(Page):
    """A stranger's page of one source: no sign-in, no cookie, in the language asked for."""

    shell = BARE
    template_name = "sales/public_form.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.guest, self.source = queries.form_source(kwargs["key"], getattr(request, "request_id", ""))
        with translation.override(self.language()):
            response = super().dispatch(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"  # the page holds a token that is used once
        return response

    def language(self) -> str:
        """The one asked for, else the source's, else the browser's."""
        known = dict(settings.LANGUAGES)
        asked = (self.request.GET.get("lang", ""), self.source.language, translation.get_language() or "")
        return next((code for code in asked if code in known), settings.LANGUAGE_CODE)

    def get_title(self) -> Any:
        return self.source.heading or gettext("Write to us")

    def get_context(self) -> dict[str, Any]:
        return super().get_context() | {
            "source": self.source,
            "house": organisation().name,
            "languages": settings.LANGUAGES,
            "lang_chosen": translation.get_language(),
        }


# No cookie holds a session here, so there is none to be abused: the signed token in the form says that it is ours.
@public
@method_decorator(csrf_exempt, name="dispatch")
class PublicForm(HostedPage):
    """The form at /f/<key>/. It works without script and without cookies; nothing that was typed is ever lost."""

    guest: Actor
    source: LeadSource

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(EnquiryForm(record=self.source), self.fresh_token())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        typed = request.POST.get("token", "")
        token = read_token(self.source.key, typed)
        form = EnquiryForm(request.POST, record=self.source)
        try:
            self.take_turn()
        except TooMany as fault:
            return self.ask_later(form, typed, fault.retry_after)
        if not form.is_valid():
            return self.show(form, self.kept(token, typed), status=422)
        age = token.age(clock.now()) if token else Age.OLD
        if token is None or age is not Age.RIGHT:
            form.add_error(None, _again_text(age))
            return self.show(form, self.kept(token, typed), status=422)
        return self.submit(form, token, typed)

    def submit(self, form: EnquiryForm, token: FormToken, typed: str) -> HttpResponse:
        data = {name: value for name, value in form.cleaned_data.items() if name != "website"}
        try:
            commands.submit_lead(
                self.guest,
                source=self.source,
                submission=token.nonce,
                language=translation.get_language() or "",
                **data,
            )
        except Invalid as fault:
            add_errors(form, fault.errors)
            return self.show(form, typed, status=422)
        return HttpResponseRedirect(
            f"{reverse('sales:form_thanks', args=[self.source.key])}{self.lang_query()}"
        )

    def take_turn(self) -> None:
        address = self.request.META.get("REMOTE_ADDR", "")
        limit.take(f"form:{self.source.pk}:{address}", limit=PER_ADDRESS, seconds=WINDOW)
        limit.take(f"form:{self.source.pk}", limit=PER_SOURCE, seconds=WINDOW)

    def fresh_token(self) -> str:
        return write_token(self.source.key, clock.now())

    def kept(self, token: FormToken | None, typed: str) -> str:
        """The same token as long as it serves, so that sending twice stays sending once."""
        return typed if token and token.age(clock.now()) is not Age.OLD else self.fresh_token()

    def lang_query(self) -> str:
        asked = self.request.GET.get("lang", "")
        return f"?lang={asked}" if asked in dict(settings.LANGUAGES) else ""

    def ask_later(self, form: EnquiryForm, typed: str, seconds: int) -> HttpResponse:
        minutes = max(1, round(seconds / 60))
        wait = ngettext(
            "Wait %(n)d minute, then send it again.", "Wait %(n)d minutes, then send it again.", minutes
        )
        why = gettext("Too many messages came at once.")
        form.add_error(None, f"{why} {wait % {'n': minutes}}")
        response = self.show(form, typed, status=429)
        response["Retry-After"] = str(seconds)
        return response

    def show(self, form: EnquiryForm, token: str, *, status: int = 200) -> HttpResponse:
        if self.source.consent:
            form.fields["has_consented"].label = self.source.consent
        context = {
            "form": form,
            "token": token,
            "action": f"{self.request.path}{self.lang_query()}",
            "errors": error_links(form),
            "error_heading": error_heading(form),
        }
        return self.render(self.get_context() | context, status=status)


def _again_text(age: Age) -> Any:
    if age is Age.FAST:
        return _("That was very quick. Look through what you wrote, then send it again.")
    return _("The form stood open for long. Look through what you wrote, then send it again.")


@public
class PublicThanks(HostedPage):
    """Where the form leads to: reloading it sends nothing again."""

    template_name = "sales/public_thanks.html"

    def get_title(self) -> Any:
        return gettext("Thank you")
