import logging
from typing import Any

from django.db import DatabaseError

from embudo.foundation.attributes.commands import build, end_preparation, index_attributes, make_index_of
from embudo.foundation.attributes.events import AttributeDefined, AttributeRestored, PreparationAsked
from embudo.foundation.attributes.models import CustomAttribute, Preparation, PreparedList
from embudo.kernel.actor import system_actor
from embudo.kernel.event import every, on
from embudo.kernel.job import enqueue, task

logger = logging.getLogger(__name__)
PREPARER = system_actor("preparing lists")


@task(in_chunks=True)
def make_index_job(attribute_id: str) -> bool:
    """Outside a transaction: PostgreSQL builds the index while people go on writing."""
    found = CustomAttribute.objects.filter(pk=attribute_id, archived=None).first()
    return found is not None and make_index_of(found)


@on(AttributeDefined)
def index_new_attribute(event: AttributeDefined, _entry: Any) -> None:
    enqueue(make_index_job, str(event.attribute_id))


@on(AttributeRestored)
def index_restored_attribute(event: AttributeRestored, _entry: Any) -> None:
    enqueue(make_index_job, str(event.attribute_id))


@task(in_chunks=True)
def prepare_list_job(prepared_id: str) -> bool:
    """Outside a transaction, as make_index_job."""
    found = PreparedList.objects.filter(pk=prepared_id, state=Preparation.WAITING).first()
    if found is None:
        return False
    try:
        is_ready = build(found)
    except DatabaseError:
        logger.exception("the index %s could not be built", found.index_name)
        is_ready = False
    end_preparation(PREPARER, found, is_ready=is_ready)
    return is_ready


@on(PreparationAsked)
def build_what_was_asked(event: PreparationAsked, _entry: Any) -> None:
    enqueue(prepare_list_job, str(event.prepared_id))


@task(in_chunks=True)
def index_all_job() -> int:
    return index_attributes()


@every("day")
def keep_indexes() -> None:
    """What a move to another database or a changed table left without its index gets it back."""
    if CustomAttribute.objects.filter(archived=None).exists() or PreparedList.objects.exists():
        enqueue(index_all_job)
