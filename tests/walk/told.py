from collections.abc import Iterable


def nothing(faults: Iterable[str]) -> None:
    """Fails with every fault on a line of its own."""
    lines = list(faults)
    assert not lines, "\n" + "\n".join(lines)
