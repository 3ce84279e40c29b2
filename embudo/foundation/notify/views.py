import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.notify import commands, permissions, queries
from embudo.foundation.notify.forms import PreferencesForm
from embudo.foundation.notify.models import Mail, MailState, Notification
from embudo.foundation.notify.rules.news import followed_by_key
from embudo.foundation.ui import atoms
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.hooks_registry import about_url, record_url
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, ListPage, PartPage, RecordPage
from embudo.foundation.ui.pages.records import Shown
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter, Tab
from embudo.kernel.actor import Actor
from embudo.kernel.kind import kind_named, kind_of
from embudo.kernel.record import Record

TO_LIST = Crumb(_("Notifications"), reverse_lazy("notify:list"))
TO_MAILS = Crumb(_("Mails"), reverse_lazy("notify:mails"))


def freshness(row: Notification) -> Any:
    return "" if row.read else atoms.badge("info", "bell", _("new"))


class Notifications(ListPage):
    permission = permissions.OWN_NOTIFICATIONS
    title = _("Notifications")
    query = queries.notifications
    columns = (
        Column("title", _("What happened")),
        Column("read", _("State"), cell=freshness),
        Column("at", _("When"), kind="datetime", sort="at", descends_first=True, end=True),
    )
    tabs = (
        Tab("all", _("All")),
        Tab("unread", _("Unread"), lambda rows, actor: rows.filter(read=None), counted=True),  # noqa: ARG005
    )
    default_sort = "-at"
    search_fields = ("title", "body")
    actions = (
        Action(_("Choose notifications"), reverse_lazy("notify:preferences"), "settings"),
        Action(_("Mark all as read"), reverse_lazy("notify:read_all"), "check", post=True),
    )
    empty_title = _("No notifications")
    empty_text = _("What concerns you will be told here.")
    help_key = "notify:list"

    def row_url(self, row: Notification) -> str:
        return record_url("notify:open", row.pk)

    def row_sub(self, row: Notification) -> str:
        return row.body

    def row_actions(self, row: Notification) -> Sequence[Action]:
        """News of a record that one follows can be the last."""
        place = followed_by_key(row.key)
        if place is None:
            return ()
        return (Action(_("Stop following"), reverse("notify:unfollow", args=place), "bell-off", dialog=True),)

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s notification found", "%(n)s notifications found", n) % {
            "n": self.count_shown(n)
        }


@guarded(permissions.OWN_NOTIFICATIONS)
def open_notification(request: HttpRequest, notification_id: UUID) -> HttpResponse:
    """Marks it as read and goes to what it is about; opened a second time it changes nothing."""
    actor = actor_of(request)
    notification = queries.notification(actor, notification_id)
    commands.mark_notification_read(actor, notification)
    is_ours = url_has_allowed_host_and_scheme(notification.url, allowed_hosts=None)
    return HttpResponseRedirect(notification.url if is_ours else reverse("notify:list"))


class ReadAll(ConfirmPage):
    command = commands.mark_all_notifications_read
    title = _("Mark all as read")
    submit_label = _("Mark all as read")
    intro = _("All your notifications will count as read.")
    cancel_url = reverse_lazy("notify:list")
    crumbs = (TO_LIST,)

    def success_message(self, result: int) -> str:
        return ngettext(
            "%(n)d notification marked as read.", "%(n)d notifications marked as read.", result
        ) % {"n": result}


@guarded(permissions.OWN_NOTIFICATIONS)
def count_unread(request: HttpRequest) -> HttpResponse:
    """The number beside the bell, for the top bar."""
    count = queries.unread_count(actor_of(request))
    return HttpResponse(bell_text(count), headers={"Cache-Control": "no-store"})


def bell_text(count: int) -> SafeString | str:
    if not count:
        return ""
    spoken = ngettext("%(n)d unread", "%(n)d unread", count) % {"n": count}
    return atoms.join(
        SafeString('<span aria-hidden="true">'), "99+" if count > 99 else count,
        SafeString('</span><span class="vh">, '), spoken, SafeString("</span>"),
    )  # fmt: skip


class Preferences(CommandPage):
    command = commands.choose_notifications
    form_class = PreferencesForm
    template_name = "notify/preferences.html"
    title = _("Choose notifications")
    cancel_url = reverse_lazy("notify:list")
    crumbs = (TO_LIST,)
    help_key = "notify:preferences"

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        commands.choose_notifications(actor, shown=tuple(data["shown"]), mailed=tuple(data["mailed"]))

    def get_context(self) -> dict[str, Any]:
        return super().get_context() | {"kinds": queries.preferences(self.actor.id) if self.actor.id else []}

    def success_message(self, result: Any) -> str:
        return gettext("Your choice is saved.")


class Followers(PartPage):
    """Who follows a record, and the button: a panel of the record's page, or a page of its own without script."""

    permission = permissions.FOLLOW
    template_name = "notify/followers.html"
    title = _("Followers")
    width = "narrow"

    @property
    def record(self) -> Record:
        known: Record | None = self.at_hand
        return known or queries.followed_record(self.actor, self.kwargs["kind"], self.kwargs["record_id"])

    def get_context(self) -> dict[str, Any]:
        return super().get_context() | followers_context(self.actor, self.record)


def followers_context(actor: Actor, record: Record) -> dict[str, Any]:
    people = queries.followers(record)
    does = any(person.pk == actor.id for person in people)
    place = (record.kind_name(), record.pk)
    return {
        "people": people,
        "does_follow": does,
        "toggle_url": about_url("notify:unfollow" if does else "notify:follow", *place),
        "back": kind_of(record).url(record.pk),
    }


class FollowRecord(ConfirmPage):
    """Pressed in the panel, the panel is drawn anew; anywhere else it is a question of its own."""

    query = queries.followed_record
    command = commands.follow_record
    title = _("Follow the record")
    submit_label = _("Follow")
    intro = _("You are told when somebody else changes it, as long as you may see it.")
    stays = True

    def succeed(self, result: Any) -> HttpResponse:
        if self.htmx_target != "followers":
            return super().succeed(result)
        said = json.dumps({"say": {"text": self.success_message(result)}})
        context = followers_context(self.actor, result) | {
            "shell": "ui/dialog.html",
            "is_part": True,
            "is_pressed": True,
        }
        answer = self.render(context, template="notify/followers.html")
        answer["HX-Trigger"] = said
        return answer

    def success_message(self, result: Any) -> str:
        return gettext("You follow this record now.")


class UnfollowRecord(FollowRecord):
    command = commands.unfollow_record
    title = _("Stop following the record")
    submit_label = _("Stop following")
    intro = _("You are no longer told when somebody changes it.")

    def takes_version(self) -> bool:
        """Whatever others changed meanwhile is no reason to go on following."""
        return False

    def success_message(self, result: Any) -> str:
        return gettext("You no longer follow this record.")


TONES: Mapping[str, tuple[str, str]] = {
    MailState.QUEUED: ("info", "clock"),
    MailState.SENT: ("ok", "check"),
    MailState.FAILED: ("bad", "circle-alert"),
    MailState.BOUNCED: ("bad", "undo-2"),
}


def state_badge(row: Mail) -> Any:
    tone, icon = TONES[row.state]
    return atoms.badge(tone, icon, row.get_state_display())


class Mails(ListPage):
    permission = permissions.VIEW_MAIL
    title = _("Mails")
    query = queries.mails
    columns = (
        Column("subject", _("Subject")),
        Column("state", _("State"), cell=state_badge),
        Column("attempts", _("Attempts"), kind="number", end=True),
        Column("created", _("Written"), kind="datetime", sort="created", descends_first=True, end=True),
    )
    filters = (Filter("state", _("State"), tuple(MailState.choices), "state"),)
    search_fields = ("to", "subject")
    empty_title = _("No mails yet")
    empty_text = _("Every mail that goes out is listed here for 90 days.")
    help_key = "notify:mails"
    nav = "notify:mails"

    def row_url(self, row: Mail) -> str:
        return reverse("notify:mail", args=[row.pk])

    def row_sub(self, row: Mail) -> str:
        return row.to

    def row_tone(self, row: Mail) -> str:
        return "bad" if row.state in (MailState.FAILED, MailState.BOUNCED) else ""

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s mail found", "%(n)s mails found", n) % {"n": self.count_shown(n)}


class MailPage(RecordPage):
    permission = permissions.VIEW_MAIL
    query = queries.mail
    template_name = "notify/mail.html"
    crumbs = (TO_MAILS,)
    nav = "notify:mails"

    def get_title(self) -> Any:
        return self.record.subject

    def get_actions(self) -> Sequence[Action]:
        if self.record.state == MailState.QUEUED:
            return ()
        address = reverse("notify:mail_again", args=[self.record.pk])
        return (Action(_("Send again"), address, "refresh-cw", permissions.MANAGE_MAIL, dialog=True),)

    def get_context(self) -> dict[str, Any]:
        return super().get_context() | {"state": state_badge(self.record), "about": self.about()}

    @cached_property
    def panels(self) -> list[Shown]:
        """None: nobody keeps notes on a mail that goes after 90 days."""
        return []

    def about(self) -> tuple[Any, str] | None:
        """What the mail is about, as a link, when its kind has pages."""
        kind = kind_named(self.record.about_kind)
        return (kind.label, kind.url(self.record.about_id)) if kind else None


class SendMailAgain(ConfirmPage):
    query = queries.mail
    command = commands.send_mail_again
    title = _("Send the mail again")
    submit_label = _("Send again")
    intro = _("The same text goes to the same address once more.")
    crumbs = (TO_MAILS,)

    def success_message(self, result: Any) -> str:
        return gettext("The mail is in the outbox.")
