"""A chart of what may come: a line, the two bands around it, and what is allowed, as SVG that measures nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from embudo.foundation.ui import atoms
from embudo.kernel.money import exponent

HEIGHT, FOOT, EDGE = 200, 24, 8
INNER = HEIGHT - 2 * EDGE
LABELS = 6


@dataclass(frozen=True)
class Point:
    """One day: its label, the line's value and the two bands, in minor units."""

    label: str
    value: int
    inner: tuple[int, int]
    outer: tuple[int, int]


def fan(points: Sequence[Point], allowed: int, currency: str, told: str) -> SafeString:
    """`told` says in words what is seen. Values below nothing are drawn as nothing."""
    scale = 10 ** exponent(currency)
    most = max(allowed, *(point.outer[1] for point in points))
    top = atoms.even_top(-(-max(most, 1) // scale)) * scale
    line = _points([point.value for point in points], top)
    bands = "".join(
        f'<polygon class="bar c1" fill-opacity="{opacity}" points="{_points(low, top)} {_back(high, top)}"/>'
        for opacity, low, high in (
            (0.14, [point.outer[0] for point in points], [point.outer[1] for point in points]),
            (0.22, [point.inner[0] for point in points], [point.inner[1] for point in points]),
        )
    )
    ceiling = 100 - 100 * allowed / top
    return mark_safe(  # noqa: S308 - numbers alone, and what `atoms.text` escaped
        f'<svg class="chart labelled" width="100%" height="{HEIGHT + FOOT}" role="img" aria-label="{atoms.text(told)}">{_grid(top, currency)}'
        f'<svg y="{EDGE}" width="100%" height="{INNER}" viewBox="0 0 100 100"'
        f' preserveAspectRatio="none" overflow="visible">{bands}<polyline class="ln c1" points="{line}"/>'
        f'<line class="ln c2" x1="0" x2="100" y1="{ceiling:.2f}" y2="{ceiling:.2f}"/></svg>{_axis(points)}</svg>'
    )


def _points(values: Sequence[int], top: int) -> str:
    last = max(1, len(values) - 1)
    return " ".join(
        f"{100 * n / last:.2f},{100 - 100 * max(0, value) / top:.2f}" for n, value in enumerate(values)
    )


def _back(values: Sequence[int], top: int) -> str:
    """The same from the end to the beginning, so that a band is closed."""
    return " ".join(reversed(_points(values, top).split()))


def _grid(top: int, currency: str) -> str:
    lines = []
    for tick in range(5):
        y = EDGE + INNER * tick / 4
        label = atoms.number(top * (4 - tick) // 4 // 10 ** exponent(currency))
        lines.append(
            f'<line class="grid" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
            f'<text dx="-8" y="{y + 4}" text-anchor="end">{atoms.text(label)}</text>'
        )
    return "".join(lines)


def _axis(points: Sequence[Point]) -> str:
    last = max(1, len(points) - 1)
    step = max(1, -(-len(points) // LABELS))
    return "".join(
        f'<text x="{100 * n / last:.2f}%" y="{HEIGHT + 16}"'
        f' text-anchor="{"end" if n == last else "middle"}">{atoms.text(point.label)}</text>'
        for n, point in enumerate(points)
        if (last - n) % step == 0
    )
