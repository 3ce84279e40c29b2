from django.utils.translation import gettext_lazy as _

from embudo.foundation.search.commands import forget_erased
from embudo.foundation.ui.help import register_help
from embudo.kernel.erasing import register_eraser

register_help("search:results", _("Search"), "search/help/results.html")
register_eraser("search", forget_erased)
