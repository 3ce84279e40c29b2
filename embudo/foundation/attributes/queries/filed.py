from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.files.base import File
from django.utils.translation import gettext

from embudo.foundation.attributes.rules import Definition
from embudo.foundation.attributes.rules.values import WrongValue, is_empty
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid
from embudo.kernel.filing import keeper


def filed_value(actor: Actor, one: Definition, given: Any, held: Any) -> Any:
    """
    What a record keeps of a file: as it is, of a file that came with a form, or of one that this actor has uploaded before. WrongValue for
    what cannot be taken.
    """
    if is_empty(given):
        return None
    if isinstance(given, File):
        return _received(actor, one, given)
    file_id = _id_in(given)
    if isinstance(held, Mapping) and held.get("id") == str(file_id):
        return held
    found = keeper().waiting(actor, one.key, file_id)
    if found is None:
        raise WrongValue(
            gettext(
                "No file of yours waits under this id: it was uploaded more than a day ago or by somebody else, or it is used already. "
                "Upload it again and send the new id."
            )
        )
    return found


def _received(actor: Actor, one: Definition, given: File[Any]) -> Any:
    if not keeper().may_store(actor):
        raise WrongValue(gettext("Your role does not let you upload files. Leave it as it is."))
    try:
        return keeper().received(actor, one.key, given)
    except Invalid as fault:
        texts = [str(text) for texts in fault.errors.values() for text in texts]
        raise WrongValue(" ".join(texts)) from None


def _id_in(given: Any) -> UUID:
    """From an id, or from what programs are told of a file."""
    named = given.get("id") if isinstance(given, Mapping) else given
    try:
        return UUID(str(named))
    except ValueError:
        raise WrongValue(
            gettext("Upload the file to /api/v1/files, then send the id of the answer here.")
        ) from None
