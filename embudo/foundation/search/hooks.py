from django.utils.translation import gettext_lazy as _

from embudo.foundation.ui.help import register_help

register_help("search:results", _("Search"), "search/help/results.html")
