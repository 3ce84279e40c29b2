from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest
from django.urls import reverse_lazy
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.quota import commands, queries
from embudo.business.quota.forms.funds import CheckFileForm
from embudo.business.quota.permissions import VIEW_ACCOUNTS
from embudo.business.quota.rules.trail import CONTENT_TYPES, TrailFormat
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.pages import FormPage
from embudo.foundation.ui.pages.commands import is_complete
from embudo.foundation.ui.parts import Crumb
from embudo.kernel import clock


@guarded(VIEW_ACCOUNTS)
def trail_file(request: HttpRequest, account_id: UUID, kind: str) -> Any:
    """The account's whole story, whose hash stands in the log from now on."""
    if kind not in TrailFormat.values:
        raise Http404
    actor = actor_of(request)
    account = queries.account(actor, account_id)
    made = commands.make_trail(actor, account, format=kind)
    name = f"{slugify(account.reference) or 'account'}-{clock.today().isoformat()}.{kind}"
    answer = FileResponse(
        made.file, as_attachment=True, filename=name, content_type=CONTENT_TYPES[TrailFormat(kind)]
    )
    answer["X-Content-SHA256"] = made.sha256
    return answer


class CheckFile(FormPage):
    """Somebody holds a file and asks whether it was made here, unchanged."""

    permission = VIEW_ACCOUNTS
    form_class = CheckFileForm
    template_name = "quota/trail_check.html"
    title = _("Check a file")
    submit_label = _("Check the file")
    nav = "quota:accounts"
    crumbs = (Crumb(_("Quota accounts"), reverse_lazy("quota:accounts")),)
    cancel_url = reverse_lazy("quota:accounts")
    intro = _(
        "Every story of an account that is given out as a file leaves its hash in the log. Here you learn whether a file is one "
        "of them, when it was made, and by whom."
    )

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = self.get_form(request.POST, request.FILES)
        if not is_complete(form, request):
            return self.show(form, status=422)
        file = form.cleaned_data["file"]
        sha256 = form.cleaned_data["sha256"].strip().lower() if file is None else commands.digest_of(file)
        found = queries.trail_with(self.actor, sha256)
        context = self.get_context() | self.form_context(self.get_form())
        return self.render(
            context
            | {
                "is_checked": True,
                "found": found,
                "sha256": sha256,
                "file_name": file.name if file is not None else sha256[:12],
            }
        )

    def get_title(self) -> Any:
        return gettext("Check a file")
