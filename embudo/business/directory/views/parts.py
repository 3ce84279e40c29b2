from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.directory import queries, rules
from embudo.business.directory.permissions import (
    REGISTER_COMPANY,
    REGISTER_PERSON,
    VIEW_COMPANIES,
    VIEW_PEOPLE,
)
from embudo.foundation.ui import atoms
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.lookup import lookup_options
from embudo.foundation.ui.pages import CommandPage
from embudo.foundation.ui.parts import Tab
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import kind_named

TABS = (
    Tab("all", _("All")),
    Tab("mine", _("Mine"), lambda found, actor: found.filter(owner_id=actor.id)),
    Tab("customers", _("Customers"), lambda found, _actor: found.filter(is_customer=True)),
)


def customer_badge(row: Any) -> Any:
    is_customer = row["is_customer"] if isinstance(row, dict) else row.is_customer
    return atoms.badge("ok", "badge-check", gettext("Customer")) if is_customer else ""


def candidates_shown(candidates: Any) -> list[dict[str, Any]]:
    """With their page and icon, for the list of possible duplicates."""
    shown = []
    for one in candidates:
        kind = kind_named(one.kind)
        if kind:
            shown.append({"candidate": one, "url": kind.url(one.id), "icon": kind.icon, "label": kind.label})
    return shown


class PlacesPage(CommandPage):
    """A form in sections whose town and region are suggested by the postcode."""

    width = ""
    places_url: ClassVar[Any] = ""

    def form_context(self, form: Any) -> dict[str, Any]:
        return super().form_context(form) | {"places_url": self.places_url}


class ChangePage(PlacesPage):
    template_name = "directory/change.html"


class RegisterPage(PlacesPage):
    """A form with the possible duplicates: while one types and, without script, after sending."""

    template_name = "directory/register.html"
    duplicates_url: ClassVar[Any] = ""
    watched = ""

    def perform(self, actor: Any, record: Any, data: Any) -> Any:
        return super().perform(
            actor, record, {name: value for name, value in data.items() if name != "confirm"}
        )

    def form_context(self, form: Any) -> dict[str, Any]:
        return super().form_context(form) | {
            "candidates": candidates_shown(getattr(form, "candidates", ())),
            "duplicates_url": self.duplicates_url,
            "watched": self.watched,
        }


def _asked(request: HttpRequest, *names: str) -> str:
    parts = (request.GET.get(name, "").replace("\0", "")[:254] for name in names)
    return " ".join(part for part in parts if part)


def _duplicates(request: HttpRequest, name: str, **more: Any) -> HttpResponse:
    digits = _asked(request, "phone").replace(" ", "").replace("-", "")
    found = queries.possible_duplicates(
        actor_of(request), name=name, email=_asked(request, "email"), phone=digits, **more
    )
    return render(request, "directory/duplicates.html", {"candidates": candidates_shown(found)})


@guarded(REGISTER_COMPANY)
def company_duplicates(request: HttpRequest) -> HttpResponse:
    return _duplicates(request, _asked(request, "name"), tax_id=_asked(request, "tax_id"))


@guarded(REGISTER_PERSON)
def person_duplicates(request: HttpRequest) -> HttpResponse:
    return _duplicates(request, _asked(request, "first_name", "last_name"), kinds=(queries.PERSON,))


@guarded(VIEW_COMPANIES)
def company_options(request: HttpRequest) -> HttpResponse:
    return lookup_options(request, queries.company_options(actor_of(request), _asked(request, "q")))


@guarded(VIEW_COMPANIES)
def activity_options(request: HttpRequest) -> HttpResponse:
    found = rules.activities(_asked(request, "q")[:60])
    return lookup_options(request, [(one.code, str(one), one.list_name) for one in found])


@guarded(VIEW_COMPANIES)
def company_group(request: HttpRequest, company_id: UUID) -> HttpResponse:
    """The panel with the tree of companies that a company belongs to."""
    actor = actor_of(request)
    tops = queries.group_of(actor, queries.company(actor, company_id))
    is_alone = len(tops) == 1 and not tops[0].members
    return render(request, "directory/group.html", {"tops": [] if is_alone else tops})


@guarded(VIEW_PEOPLE)
def person_options(request: HttpRequest) -> HttpResponse:
    """With ?company=ID only who works there."""
    asked = request.GET.get("company", "")
    try:
        company = UUID(asked) if asked else None
    except ValueError:
        raise NotFound from None
    return lookup_options(request, queries.person_options(actor_of(request), _asked(request, "q"), company))
