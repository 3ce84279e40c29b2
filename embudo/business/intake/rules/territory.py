import re
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from embudo.business.directory.rules import regions
from embudo.kernel.errors import Invalid
from embudo.kernel.fold import fold

MOST_AREAS = 100
POLISH = frozenset(fold(one) for one in regions())
DASH = r"\s*[-\u2013\u2014]\s*"
RANGE = re.compile(
    rf"(\d{{2}})-?(\d{{3}}){DASH}(\d{{2}})-?(\d{{3}})|(\d{{2}})-?(\d{{3}})|(\d{{4,6}})(?:{DASH}(\d{{4,6}}))?"
)


def areas_of(typed: str) -> list[str]:
    """The lines of a territory: regions by name, postcodes ("00-950") and ranges of them ("00-001 - 05-999")."""
    found = [" ".join(line.split()) for line in re.split(r"[\n;,]", typed)]
    areas = list(dict.fromkeys(line for line in found if line))
    if len(areas) > MOST_AREAS:
        raise Invalid({"territory": [_("Name at most %(n)d areas.") % {"n": MOST_AREAS}]})
    for area in areas:
        bounds = postcodes_of(area)
        if len(area) > 80 or (bounds and bounds[0] > bounds[1]):
            raise Invalid(
                {
                    "territory": [
                        _("“%(area)s” is no area: write a region, or postcodes such as 00-001 - 05-999.")
                        % {"area": area[:80]}
                    ]
                }
            )
    return areas


def postcodes_of(area: str) -> tuple[str, str] | None:
    """The first and last postcode of an area, digits only; None where it is a region's name."""
    found = RANGE.fullmatch(area)
    if not found:
        return None
    a, b, c, d, e, f, g, h = found.groups()
    if a:
        return a + b, c + d
    if e:
        return e + f, e + f
    return g, h or g


def is_within(areas: Sequence[str], *, region: str, postcode: str) -> bool:
    """Whether a place lies in the territory; where neither is known, nobody can say it does not."""
    digits = re.sub(r"\D", "", postcode)
    if not areas or not (region or digits):
        return True
    plain = fold(region)
    for area in areas:
        bounds = postcodes_of(area)
        if bounds is None and plain and fold(area) == plain:
            return True
        if bounds and digits and len(digits) == len(bounds[0]) and bounds[0] <= digits <= bounds[1]:
            return True
    # a town's region may be left out: only what was told and lies elsewhere is outside
    told_regions = any(postcodes_of(area) is None for area in areas)
    told_codes = any(postcodes_of(area) for area in areas)
    return not ((plain and told_regions) or (digits and told_codes))


def country_of(areas: Sequence[str]) -> str:
    """PL where a voivodeship is named; else nothing is known of the country."""
    return "PL" if any(fold(area) in POLISH for area in areas) else ""
