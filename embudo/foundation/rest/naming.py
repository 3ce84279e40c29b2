from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from embudo.kernel.errors import Invalid


@contextmanager
def named_as(sent: Mapping[str, str]) -> Iterator[None]:
    """Faults of a command's keywords, told under the names that were sent: {"owner": "owner_id"}."""
    try:
        yield
    except Invalid as fault:
        raise Invalid({sent.get(name, name): texts for name, texts in fault.errors.items()}) from None
