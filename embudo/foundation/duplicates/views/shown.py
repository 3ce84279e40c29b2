from typing import Any

from django.utils.translation import gettext

from embudo.foundation.duplicates.rules.weighing import CERTAIN
from embudo.foundation.ui import atoms


def likelihood_badge(probability: float) -> Any:
    """How sure it is, in words and in hundredths, never in colour alone."""
    percent = min(int(100 * probability), 99)
    if probability >= CERTAIN:
        return atoms.badge("bad", "copy", gettext("Almost certain, %(n)d %%") % {"n": percent})
    return atoms.badge("warn", "copy", gettext("Possible, %(n)d %%") % {"n": percent})
