from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, ClassVar

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import formats, translation
from django.utils.decorators import method_decorator
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from embudo.business.quota import commands, queries
from embudo.business.quota.forms.portal import MoreForm, RenewForm, SharePortalForm, WishForm
from embudo.business.quota.models import Account, Change, PortalLink, SpendRequest
from embudo.business.quota.permissions import SHARE_PORTAL
from embudo.business.quota.rules.amounts import AtLimit
from embudo.business.quota.rules.changes import Wish
from embudo.business.quota.rules.portal import RENEWALS, WINDOW
from embudo.business.quota.rules.states import OPEN_CHANGES, PREPARED, SPENDABLE, AccountState, ChangeState
from embudo.business.quota.rules.trail import CONTENT_TYPES, TrailFormat
from embudo.business.quota.views.gauge import gauge
from embudo.business.quota.views.guests import GuestPage
from embudo.business.quota.views.outlook import outlook_shown
from embudo.business.quota.views.periods_chart import span_text
from embudo.foundation.ui.access_marks import public
from embudo.foundation.ui.pages import CommandPage, PartPage
from embudo.foundation.ui.pages.commands import add_errors, error_heading, error_links
from embudo.kernel import clock, limit
from embudo.kernel.errors import Invalid, Refused, TooMany

# How far a change that the customer looks at has come.
STEPS = {
    ChangeState.SUBMITTED: _("being looked at"),
    ChangeState.UNDER_REVIEW: _("being looked at"),
    ChangeState.APPROVED: _("approved"),
    ChangeState.AWAITING: _("waiting for your answer: see your mail"),
    ChangeState.REFUSED: _("not possible"),
    ChangeState.REJECTED: _("not granted"),
    ChangeState.INFORMED: _("applied"),
    ChangeState.DENIED: _("you said no"),
}


class OwnPage(GuestPage):
    """Of the account that the link of the address names."""

    bucket = "quota.portal"
    link: PortalLink

    @property
    def token(self) -> str:
        return str(self.kwargs["token"])

    @property
    def account(self) -> Account:
        return self.link.account

    def open_link(self) -> None:
        self.link = queries.portal_link(self.token)

    def mail_language(self) -> str:
        return self.link.language

    def dead_link(self) -> str:
        return gettext("This link does not work any more. Ask for a new one: it comes by mail.")

    def guest(self) -> Any:
        return queries.guest(request_id=getattr(self.request, "request_id", ""))

    def at(self, name: str, *rest: Any) -> str:
        """The address of one of the customer's pages, in the language they read."""
        asked = self.request.GET.get("lang", "")
        url = reverse(f"quota:{name}", args=[self.token, *rest])
        return f"{url}?lang={asked}" if asked in dict(settings.LANGUAGES) else url

    def told(self, text: str, status: int) -> HttpResponse:
        context = {
            "title": gettext("This link does not work"),
            "text": text,
            "renew_url": reverse("quota:renew"),
        }
        return self.render(self.get_context() | context, status=status, template="quota/portal_none.html")

    def get_context(self) -> dict[str, Any]:
        known = getattr(self, "link", None)
        return super().get_context() | (
            {"account": known.account, "home": self.at("portal")} if known else {}
        )


# No cookie holds a session here, so there is none to be abused: the token in the address says who it is.
@public
class Portal(OwnPage):
    """The customer's own quota."""

    template_name = "quota/portal.html"
    title = _("Your quota")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        commands.note_portal_visit(self.guest(), token=self.token)
        return self.render(self.shown())

    def shown(self) -> dict[str, Any]:
        account = self.account
        now = queries.settled(account)
        found = queries.own_page(account)
        balance = now.balance
        is_asked = any(one.state == SpendRequest.State.WAITING for one in found.requests)
        is_open = now.state not in (AccountState.CLOSED, AccountState.PENDING)
        return self.get_context() | {
            "sent": self.request.GET.get("sent", ""),
            "may_spend": now.state in SPENDABLE,
            "is_pending": now.state == AccountState.PENDING,
            "sentence": queries.why_held(account),
            "gauge": gauge(balance, account.currency),
            "figures": [
                (_("Limit"), account.money(balance.limit)),
                *([(_("Overdraft"), account.money(balance.overdraft))] if balance.overdraft else ()),
                *([(_("Top-ups"), account.money(balance.topups))] if balance.topups else ()),
                (_("Consumed"), account.money(balance.consumed)),
                (_("Open holds"), account.money(balance.held)),
            ],
            "available": account.money(balance.available),
            "period": span_text(now.span),
            "holds": [(one, account.money(one.open_minor)) for one in found.holds],
            "shown": outlook_shown(account) if is_open else None,
            "changes": [self.change_shown(one) for one in found.changes],
            "requests": [(one, account.money(one.amount_minor)) for one in found.requests],
            "statements": [
                (span_text(span), [(kind.upper(), self.at("statement", span.starts, kind)) for kind in ("pdf", "xlsx")])
                for span in found.spans
            ],
            "offer": self.offer(now.version.at_limit) if now.state in SPENDABLE else "",
            "more_url": "" if is_asked else self.more_url(now),
            "more_label": more_label(now.version.at_limit),
            "change_url": "" if self.has_open(found.changes) else self.at("portal_change"),
        }  # fmt: skip

    def more_url(self, now: Any) -> str:
        is_offered = now.version.at_limit in (AtLimit.ASK, AtLimit.TOPUP) and now.state in SPENDABLE
        return self.at("portal_more") if is_offered else ""

    def has_open(self, changes: Sequence[Change]) -> bool:
        return any(one.state in OPEN_CHANGES for one in changes)

    def offer(self, at_limit: str) -> str:
        """What whoever meets the limit can do."""
        return {
            AtLimit.TOPUP: gettext(
                "When it is used up, pay in advance: what you pay may be spent at once. Ask us how, and name %(reference)s."
            )
            % {"reference": self.account.reference},
            AtLimit.ASK: gettext("When it is used up, ask for more: an officer answers."),
            AtLimit.OVERDRAFT: gettext("The overdraft is counted in what is available."),
        }.get(AtLimit(at_limit), gettext("When it is used up, it opens again with the next period."))

    def change_shown(self, one: Change) -> dict[str, Any]:
        state = ChangeState(one.state)
        return {
            "one": one,
            "before": self.account.money(one.from_minor),
            "after": self.account.money(one.to_minor),
            "state": gettext("being prepared") if state in PREPARED else STEPS.get(state, state.label),
            "who": "" if one.asked_by_id else gettext("asked for by you"),
            "reason": "" if one.asked_by_id else one.ended_reason,
        }


def more_label(at_limit: str) -> str:
    return (
        gettext("Ask for a top-up") if at_limit == AtLimit.TOPUP else gettext("Ask for more in this period")
    )


@public
@method_decorator(csrf_exempt, name="dispatch")
class GuestForm(OwnPage):
    """A form of the customer's: what is wrong with it is said beside what was typed."""

    template_name = "quota/portal_form.html"
    form_class: ClassVar[Any]
    intro: Any = ""
    submit_label: ClassVar[Any] = _("Send")
    done: ClassVar[str] = ""

    def new_form(self, data: Any = None) -> Any:
        return self.form_class(data, record=self.account)

    def perform(self, data: Mapping[str, Any]) -> None:
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(self.new_form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.new_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            self.perform(form.cleaned_data)
        except Invalid as fault:
            add_errors(form, fault.errors)
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            home = self.at("portal")
            return HttpResponseRedirect(f"{home}{'&' if '?' in home else '?'}sent={self.done}")
        return self.show(form, status=422)

    def show(self, form: Any, *, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "errors": error_links(form) if form.is_bound else [],
            "error_heading": error_heading(form) if form.is_bound else "",
            "intro": self.intro,
            "submit_label": self.submit_label,
        }
        return self.render(self.get_context() | context, status=status)


@public
@method_decorator(csrf_exempt, name="dispatch")
class WishChange(GuestForm):
    title, form_class, done = _("Ask for another limit"), WishForm, "change"
    intro = _("Your wish is looked at by people here. You hear by mail what became of it, and you are asked again before it applies.")  # fmt: skip

    def new_form(self, data: Any = None) -> Any:
        account = self.account
        tiers = [
            (one.name, f"{one.name} · {account.money(one.limit).text(translation.get_language() or 'en')}")
            for one in queries.rungs(queries.settled(account).version)
            if one.limit != account.limit_minor
        ]
        return WishForm(data, record=account, tiers=tiers)

    def perform(self, data: Mapping[str, Any]) -> None:
        tier, amount = data["tier_name"], data["amount"]
        if not tier and amount is None:
            raise Invalid({"amount": [_("Choose a tier, or enter an amount.")]})
        wish = Wish(
            minor=None if tier else amount.minor, tier_name=tier, reason=data["reason"], wanted=data["wanted"]
        )
        commands.wish_change(self.guest(), token=self.token, wish=wish)


@public
@method_decorator(csrf_exempt, name="dispatch")
class WishMore(GuestForm):
    title, form_class, done = _("Ask for more in this period"), MoreForm, "more"
    intro = _("An officer looks at it. What they allow can be spent at once, in this period.")

    is_prepaid = False

    def open_link(self) -> None:
        super().open_link()
        self.is_prepaid = queries.settled(self.account).version.at_limit == AtLimit.TOPUP
        if self.is_prepaid:
            self.intro = _("Say how much you pay in advance. It can be spent once an officer has entered your payment.")  # fmt: skip

    def get_context(self) -> dict[str, Any]:
        found = super().get_context()
        return found | {"title": more_label(AtLimit.TOPUP)} if self.is_prepaid else found

    def perform(self, data: Mapping[str, Any]) -> None:
        commands.wish_more(self.guest(), token=self.token, amount=data["amount"], reason=data["reason"])


@public
class StatementFile(OwnPage):
    """One period's statement, as a file."""

    title = _("Statement")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        kind = str(kwargs["kind"])
        if kind not in TrailFormat.values:
            raise Http404
        starts: date = kwargs["starts"]
        one = queries.statement(self.account, starts)
        try:
            file = commands.statement_file(one, format=kind)
        except Refused as refusal:
            return self.told(str(refusal.message), 409)
        name = f"{slugify(self.account.reference) or 'account'}-{starts.isoformat()}.{kind}"
        return FileResponse(
            file, as_attachment=True, filename=name, content_type=CONTENT_TYPES[TrailFormat(kind)]
        )


@public
@method_decorator(csrf_exempt, name="dispatch")
class RenewLink(GuestPage):
    """A new link by mail. Whether an account stands is told to nobody."""

    template_name = "quota/portal_form.html"
    title = _("A new link to your quota")
    bucket = "quota.renew"

    def open_link(self) -> None:
        """There is none yet."""

    def mail_language(self) -> str:
        return translation.get_language() or settings.LANGUAGE_CODE

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(RenewForm())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = RenewForm(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            self.take(request.META.get("REMOTE_ADDR", ""))
            self.take(sha256(form.cleaned_data["address"].casefold().encode()).hexdigest())
        except TooMany:
            form.add_error(None, gettext("Too many tries. Wait an hour, or call us."))
            return self.show(form, status=429)
        actor = queries.guest(request_id=getattr(request, "request_id", ""))
        commands.renew_portal_link(actor, **form.cleaned_data)
        return self.show(RenewForm(), is_sent=True)

    def take(self, whose: str) -> None:
        """Of whoever asks, and of the address asked for: nobody's mailbox is filled, and limits tell not which address is known."""
        limit.take(f"quota.renewal:{whose}", limit=RENEWALS, seconds=WINDOW)

    def show(self, form: Any, *, status: int = 200, is_sent: bool = False) -> HttpResponse:
        context = {
            "form": form,
            "errors": error_links(form) if form.is_bound else [],
            "error_heading": error_heading(form) if form.is_bound else "",
            "intro": gettext("We mail it to the address that we know you by, if the two belong together."),
            "submit_label": gettext("Send me a link"),
            "is_sent": is_sent,
        }
        return self.render(self.get_context() | context, status=status)


class PortalLinks(PartPage):
    """A part of the account's page: the links that its customer was sent."""

    permission = SHARE_PORTAL
    template_name = "quota/portal_links.html"
    title = _("Links of the customer")
    nav = "quota:accounts"

    def get_context(self) -> dict[str, Any]:
        account = queries.account(self.actor, self.kwargs["account_id"])
        rows = [
            (one, reverse("quota:portal_revoke", args=[one.pk]) if is_alive(one) else "")
            for one in queries.portal_links(self.actor, account)
        ]
        is_closed = account.state == AccountState.CLOSED
        return super().get_context() | {
            "account": account,
            "rows": rows,
            "share_url": "" if is_closed else reverse("quota:portal_share", args=[account.pk]),
        }


def is_alive(link: PortalLink) -> bool:
    return link.revoked is None and link.expires > clock.now()


class SharePortal(CommandPage):
    query, command, form_class = queries.account, commands.share_portal, SharePortalForm
    title, submit_label = _("Send the customer a link to their quota"), _("Send the link")
    nav = "quota:accounts"

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"address": queries.addressee(record).address}

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("quota:account", args=[record.pk])

    def success_message(self, result: Any) -> str:
        until = formats.date_format(result.expires, "DATE_FORMAT")
        return gettext("The link is on its way to %(address)s. It works until %(day)s.") % {
            "address": result.address, "day": until,
        }  # fmt: skip


class RevokePortalLink(CommandPage):
    query, command = queries.one_portal_link, commands.revoke_portal_link
    title, submit_label = _("Revoke the link"), _("Revoke it")
    intro = _("It opens nothing any more. The customer can be sent another one.")
    nav = "quota:accounts"
    is_danger = True

    def get_cancel_url(self) -> str:
        return reverse("quota:account", args=[self.record.account_id])

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("quota:account", args=[record.account_id])

    def success_message(self, result: Any) -> str:
        return gettext("The link was revoked.")
