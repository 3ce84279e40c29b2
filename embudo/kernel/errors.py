from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _


class EmbudoError(Exception):
    """What a command or query raises on purpose; every entrance maps these, and only these, to its own answers."""


class Invalid(EmbudoError):
    """The input is wrong. `errors` maps a field's name ("" for the whole input) to what to do about it."""

    def __init__(self, errors: Mapping[str, Sequence[Any]]) -> None:
        self.errors: dict[str, list[Any]] = {field: list(texts) for field, texts in errors.items()}
        super().__init__(str({field: [str(text) for text in texts] for field, texts in self.errors.items()}))


class Refused(EmbudoError):
    """The input is right, but the state of things forbids the act. `code` is stable ("sales.lead_not_qualified")."""

    def __init__(self, code: str, message: Any, **facts: Any) -> None:
        self.code = code
        self.message = message
        self.facts = facts
        super().__init__(f"{code}: {message}")


class Stale(Refused):
    """Somebody else changed the record since it was read. `facts` holds the version that stands now."""

    def __init__(self, version: int) -> None:
        super().__init__(
            "kernel.stale",
            _("Someone else changed this record in the meantime. Look at the new values, then save again."),
            version=version,
        )


class Forbidden(EmbudoError):
    """The actor lacks the grant. `permission` names it."""

    def __init__(self, permission: str = "") -> None:
        self.permission = permission
        super().__init__(permission)


class NotFound(EmbudoError):
    """No such record, or none that this actor may know of: both look the same."""


class TooMany(EmbudoError):
    """The caller exceeds a rate limit. `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(f"retry after {retry_after} s")
