"""Names that come with the product, in whichever of its languages somebody writes them."""

from collections.abc import Mapping
from functools import cache

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import override

from embudo.business.sales.rules.pipelines import shown_name
from embudo.kernel.fold import fold


@cache
def names_of(name: str) -> frozenset[str]:
    """What a pipeline or stage is called, folded."""
    found = {fold(name)}
    for language, _label in settings.LANGUAGES:
        with override(language):
            found.add(fold(shown_name(name)))
    return frozenset(found)


@cache
def choice_words(choices: type[TextChoices]) -> Mapping[str, str]:
    """Folded word -> value, of the labels in every language and of the values themselves."""
    found = {fold(value): value for value in choices.values}
    for language, _label in settings.LANGUAGES:
        with override(language):
            found |= {fold(str(label)): value for value, label in choices.choices}
    return found
