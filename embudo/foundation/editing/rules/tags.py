from collections.abc import Iterable


def tags_after(held: Iterable[str], *, add: Iterable[str], remove: Iterable[str]) -> list[str]:
    """The choices a record has once some were added and others taken away; what it had stays in its order."""
    gone = set(remove)
    kept = [one for one in held if one not in gone]
    return [*kept, *(one for one in add if one not in kept and one not in gone)]
