from typing import Any

from embudo.foundation.attributes.commands import index_attributes, make_index_of
from embudo.foundation.attributes.events import AttributeDefined, AttributeRestored
from embudo.foundation.attributes.models import CustomAttribute
from embudo.kernel.event import every, on
from embudo.kernel.job import enqueue, task


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
def index_all_job() -> int:
    return index_attributes()


@every("day")
def keep_indexes() -> None:
    """What a move to another database or a changed table left without its index gets it back."""
    if CustomAttribute.objects.filter(archived=None).exists():
        enqueue(index_all_job)
