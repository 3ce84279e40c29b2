"""A tiny site with one page of each class: what the tests open, in place of a module of the product."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _, ngettext

from embudo.foundation.ui import atoms
from embudo.foundation.ui.access_marks import public
from embudo.foundation.ui.forms import Form, LookupField, MoneyField, PaperDateField, PhoneField
from embudo.foundation.ui.hooks_registry import MenuEntry, Panel
from embudo.foundation.ui.lookup import lookup_options
from embudo.foundation.ui.pages import BoardPage, CommandPage, ConfirmPage, ListPage, Page, RecordPage
from embudo.foundation.ui.parts import Action, Card, Column, Crumb, Filter, Lane, Tab
from embudo.kernel import clock
from embudo.kernel.actor import ANONYMOUS, Actor, ActorKind
from embudo.kernel.errors import Invalid, NotFound, Refused, Stale
from embudo.kernel.permission import Permission, Scope

VIEW = Permission("ui_tests.view", "View boats", roles=())
SAIL = Permission("ui_tests.sail", "Sail boats", roles=())
ANN = Actor(
    ActorKind.USER, UUID(int=1), "Ann Kowalska", {"ui_tests.view": Scope.ALL, "ui_tests.sail": Scope.ALL}
)
BOB = Actor(ActorKind.USER, UUID(int=2), "Bob", {"ui_tests.view": Scope.ALL})
CAT = Actor(ActorKind.USER, UUID(int=3), "Cat")
ACTORS = {"ann": ANN, "bob": BOB, "cat": CAT}


class Boat(models.Model):
    name = models.CharField(max_length=100)
    port = models.CharField(max_length=100, blank=True)
    stage = models.CharField(max_length=10, default="new")
    price = models.BigIntegerField(null=True)
    seen = models.DateTimeField(null=True)
    created = models.DateTimeField(default=clock.now)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        app_label = "ui_tests"

    def __str__(self) -> str:
        return self.name


class ActorFromCookie:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = ACTORS.get(request.COOKIES.get("actor", ""), ANONYMOUS)  # type: ignore[attr-defined]
        return self.get_response(request)


def boats(actor: Actor) -> QuerySet[Boat]:
    return Boat.objects.all()


def boat(actor: Actor, boat_id: int) -> Boat:
    found = Boat.objects.filter(pk=boat_id).first()
    if found is None:
        raise NotFound
    return found


STAGES = (("new", _("New")), ("offer", _("Offer sent")), ("talks", _("Negotiation")), ("won", _("Won")))
BADGES = {
    "new": ("plain", "circle"), "offer": ("info", "send"), "talks": ("warn", "clock"), "won": ("ok", "circle-check"),
}  # fmt: skip


def stage_badge(row: dict[str, Any]) -> str:
    return atoms.badge(*BADGES[row["stage"]], dict(STAGES)[row["stage"]])


class Boats(ListPage):
    permission = VIEW
    title = _("Boats")
    query = boats
    fields = ("name", "port", "stage", "price", "seen", "created")
    columns = (
        Column("name", _("Boat"), kind="avatar", sort="name"),
        Column("stage", _("Stage"), cell=stage_badge, sort="stage"),
        Column("port", _("Port")),
        Column("seen", _("Last seen"), kind="datetime", sort="seen", descends_first=True),
        Column("created", _("Created"), kind="date", sort="created", descends_first=True),
        Column("price", _("Price"), cell=lambda r: atoms.money((r["price"], "EUR")), sort="price", end=True),
    )
    tabs = (
        Tab("all", _("All")),
        Tab("won", _("Won"), lambda found, actor: found.filter(stage="won"), counted=True),
    )
    filters = (Filter("stage", _("Stage"), STAGES, "stage"),)
    search_fields = ("name", "port")
    default_sort = "name"
    actions = (Action(_("New boat"), "/boats/new/", "plus", SAIL, primary=True),)
    empty_title = _("No boats yet")
    empty_text = _("Enter the first one.")

    def row_url(self, row: dict[str, Any]) -> str:
        return reverse("boat", args=[row["pk"]])

    def row_sub(self, row: dict[str, Any]) -> str:
        return str(row["port"])

    def row_tone(self, row: dict[str, Any]) -> str:
        return "bad" if "<" in row["name"] else ""

    def row_actions(self, row: dict[str, Any]) -> list[Action]:
        return [Action(_("Rename"), reverse("boat_rename", args=[row["pk"]]), "pencil", dialog=True)]

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s boat found", "%(n)s boats found", n) % {"n": self.count_shown(n)}


class BoatPage(RecordPage):
    permission = VIEW
    query = boat

    def get_crumbs(self) -> list[Crumb]:
        return [Crumb(_("Boats"), reverse("boats"))]

    def get_actions(self) -> list[Action]:
        at = [self.record.pk]
        return [
            Action(_("Rename"), reverse("boat_rename", args=at), "pencil", SAIL, dialog=True),
            Action(_("Scrap"), reverse("boat_scrap", args=at), "trash-2", SAIL, dialog=True),
        ]


class BoatForm(Form):
    name = forms.CharField(label=_("Name"), max_length=100)
    port = forms.CharField(label=_("Port"), required=False)
    price = MoneyField(label=_("Price"), required=False)
    built = PaperDateField(label=_("Built on"), required=False, past=True)
    phone = PhoneField(label=_("Phone"), required=False, region="PL")
    email = forms.EmailField(label=_("Email"), required=False)
    owner = LookupField(label=_("Owner"), required=False, search_url="/lookup/")
    stage = forms.ChoiceField(label=_("Stage"), choices=(("", _("Choose a stage")), *STAGES))
    paid = forms.ChoiceField(
        label=_("Paid"), choices=(("y", _("Yes")), ("n", _("No"))), widget=forms.RadioSelect, initial="n"
    )
    insured = forms.BooleanField(label=_("The boat is insured"), required=False)
    notes = forms.CharField(label=_("Notes"), widget=forms.Textarea, required=False)


class RenameForm(Form):
    name = forms.CharField(label=_("Name"), max_length=100)


def add_boat(actor: Actor, **data: Any) -> Boat:
    if data["name"] == "Titanic":
        raise Refused("ui_tests.sinks", _("This boat sinks. Choose another name."))
    price = data["price"]
    return Boat.objects.create(
        name=data["name"], port=data["port"], stage=data["stage"], price=price and price.minor
    )


def rename_boat(actor: Actor, record: Boat, *, name: str) -> Boat:
    if name == "Bad":
        raise Invalid({"name": [_("Enter a good name.")], "mast": ["Mend the mast."]})
    if name == "Old":
        raise Stale(2)
    record.name = name
    record.save()
    return record


def scrap_boat(actor: Actor, record: Boat) -> None:
    record.delete()


class BoatCommand(CommandPage):
    permission = SAIL

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("boats")


class AddBoat(BoatCommand):
    title, command, form_class = _("New boat"), add_boat, BoatForm
    again_label = _("Save and enter another")
    cancel_url = "/boats/"


class RenameBoat(BoatCommand):
    title, query, command, form_class = _("Rename the boat"), boat, rename_boat, RenameForm

    def success_message(self, result: Boat) -> str:
        return f"Renamed to {result.name}."


class ScrapBoat(ConfirmPage):
    permission, is_danger, stays = SAIL, True, True
    title, query, command = _("Scrap the boat"), boat, scrap_boat
    intro, submit_label, cancel_url = _("It cannot be had back."), _("Scrap"), "/boats/"


class Fleet(BoardPage):
    permission, move_permission, title, table_url = VIEW, SAIL, _("Fleet"), "/boats/"

    def lanes(self) -> list[Lane]:
        found = list(Boat.objects.order_by("pk")[:40])
        return [
            self.lane(n, key, label, [b for b in found if b.stage == key])
            for n, (key, label) in enumerate(STAGES)
        ]

    def lane(self, number: int, key: str, label: Any, found: list[Boat]) -> Lane:
        cards = [
            Card(
                b.pk, b.name, reverse("boat", args=[b.pk]), b.port, atoms.money((b.price, "EUR")),
                atoms.relative(b.seen), "Ann Kowalska", (atoms.badge("warn", "clock", "6 days"),) if b.pk % 4 == 0 else (),
            )
            for b in found
        ]  # fmt: skip
        total = atoms.money_text(sum(b.price or 0 for b in found), "EUR")
        return Lane(key, label, cards, str(number or ""), total)

    def move(self, card_id: str, lane: str) -> None:
        record = boat(self.actor, int(card_id))
        if lane == "won" and record.name == "Titanic":
            raise Refused("ui_tests.sinks", _("This boat sinks."))
        Boat.objects.filter(pk=record.pk).update(stage=lane)


@public
class Hello(Page):
    title = _("Welcome")
    shell = "ui/bare.html"


class Broken(Page):
    permission = VIEW

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        faults: dict[str, Exception] = {
            "refused": Refused("ui_tests.no", "Not on Sundays."),
            "invalid": Invalid({"": ["Enter more."]}),
            "missing": NotFound(),
        }
        raise faults.get(kwargs["how"], RuntimeError("boom"))


def owners(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").lower()
    names = ["Agnieszka Nowak", "Diego Marín", "Hugo Lefèvre", "Nadia Okafor"]
    return lookup_options(request, [(n, name) for n, name in enumerate(names) if words in name.lower()])


def panel(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<p>Panel</p>")


urlpatterns = [
    path("boats/", Boats.as_view(), name="boats"),
    path("boats/new/", AddBoat.as_view(), name="boat_new"),
    path("boats/<int:boat_id>/", BoatPage.as_view(), name="boat"),
    path("boats/<int:boat_id>/rename/", RenameBoat.as_view(), name="boat_rename"),
    path("boats/<int:boat_id>/scrap/", ScrapBoat.as_view(), name="boat_scrap"),
    path("fleet/", Fleet.as_view(), name="fleet"),
    path("lookup/", owners),
    path("panel/", panel),
    path("hello/", Hello.as_view(), name="hello"),
    path("broken/<str:how>/", Broken.as_view(), name="broken"),
]
handler400 = "embudo.foundation.ui.errors.bad_request"
handler403 = "embudo.foundation.ui.errors.permission_denied"
handler404 = "embudo.foundation.ui.errors.page_not_found"
handler500 = "embudo.foundation.ui.errors.server_error"

MENU = (
    MenuEntry(_("Boats"), "boats", "briefcase", VIEW, 10, badge=lambda actor: 12),
    MenuEntry(_("Fleet"), "fleet", "kanban", VIEW, 20),
    MenuEntry(_("Welcome"), "hello", "house", None, 30, section=_("Settings")),
)
PANEL = Panel("ui_tests.boat", "main", _("Crew"), lambda record_id: "/panel/", VIEW)
MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "embudo.foundation.ui.tests.site.ActorFromCookie",
    "embudo.foundation.ui.middleware.ErrorPages",
)
