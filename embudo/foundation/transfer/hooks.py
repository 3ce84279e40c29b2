from django.utils.translation import gettext_lazy as _

from embudo.foundation.transfer.views import ListExporter
from embudo.foundation.ui.pages.lists import ListPage
from embudo.kernel.wording import register_event_text

ListPage.exporter = ListExporter()
register_event_text("transfer.ListExported", _("exported a list"), "download")
