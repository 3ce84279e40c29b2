from collections.abc import Callable

from rapidfuzz.distance import OSA
from rapidfuzz.fuzz import ratio

from embudo.foundation.duplicates.rules.nicknames import NICKNAMES
from embudo.foundation.duplicates.rules.traits import Traits

# A level is 0 for agreement and grows with the difference; -1 is "nothing to compare".
Levels = tuple[int, ...]
MISSING = -1
NEAR, SIMILAR = 90, 78  # of 100
NO_DIGITS = str.maketrans("", "", "0123456789")


def company_name(one: Traits, two: Traits) -> int:
    """0 the same, 1 a slip of the keys, 2 similar or a part of the other, 3 another."""
    a, b = one.name, two.name
    if not a or not b:
        return MISSING
    if a == b or a.replace(" ", "") == b.replace(" ", ""):
        return 0
    alike = ratio(a, b, score_cutoff=SIMILAR - 20)
    if alike >= NEAR:
        return 1
    if alike >= SIMILAR or _is_shortened(a, b):
        return 2
    return 3


def _is_shortened(a: str, b: str) -> bool:
    """Every word of the shorter name begins a word of the longer: "transp nowak", "nowak transport polska"."""
    short, long = (a, b) if a.count(" ") <= b.count(" ") else (b, a)
    words = short.split()
    if len(short) < 5 or words[0][:4] not in long:
        return False
    others = long.split()
    return all(any(_begins(word, other) for other in others) for word in words)


def _begins(word: str, other: str) -> bool:
    if len(word) > len(other):
        word, other = other, word
    return word == other or (len(word) >= 4 and other.startswith(word))


def person_name(one: Traits, two: Traits) -> int:
    """0 the same, 1 a slip, 2 shortened first name, 3 same last name only, 4 same first name only, 5 another."""
    if not one.name or not two.name:
        return MISSING
    if one.name == two.name:
        return 0
    is_last = _alike(one.last, two.last) >= 86
    first = _alike(one.first, two.first) if one.first and two.first else 0
    if (is_last and first >= 82) or (first < 82 and _is_swapped(one, two)):
        return 1
    if is_last:
        return 2 if _is_short_first(one.first, two.first) else 3
    return 4 if first >= 90 else 5


def _alike(a: str, b: str) -> float:
    if a == b:
        return 100
    # in a short name one slip is much of it
    return max(
        ratio(a, b), 87 if len(a) > 3 and len(b) > 3 and OSA.distance(a, b, score_cutoff=1) <= 1 else 0
    )


def _is_swapped(one: Traits, two: Traits) -> bool:
    return (
        bool(one.first and two.first)
        and _alike(one.first, two.last) >= 86
        and _alike(one.last, two.first) >= 86
    )


def _is_short_first(a: str, b: str) -> bool:
    if not a or not b:
        return True
    short, long = sorted((a, b), key=len)
    return long.startswith(short) or NICKNAMES.get(a, a) == NICKNAMES.get(b, b)


def email(one: Traits, two: Traits) -> int:
    """0 the same box, 1 a slip, 2 the same name elsewhere, 3 another box elsewhere, 4 another box at the same domain."""
    a, b = one.email, two.email
    if not a or not b:
        return MISSING
    if a == b:
        return 0
    if _is_slip(a, b):
        return 1
    (box, _at, house), (other_box, _at2, other_house) = a.partition("@"), b.partition("@")
    if house == other_house:
        return 4
    return 2 if box == other_box else 3


def person_email(one: Traits, two: Traits) -> int:
    """As `email`; who works elsewhere has another address there, which `work` has already said."""
    level = email(one, two)
    return MISSING if level in (2, 3) and work(one, two) == 1 else level


def _is_slip(a: str, b: str) -> bool:
    """One letter apart; another initial or another number is another box ("a.nowak@", "office2@")."""
    return (
        a[0] == b[0]
        and OSA.distance(a, b, score_cutoff=1) <= 1
        and a.translate(NO_DIGITS) != b.translate(NO_DIGITS)
    )


def phone(one: Traits, two: Traits) -> int:
    """0 one number in common, 1 a slip, 2 others."""
    if not one.phones or not two.phones:
        return MISSING
    for a in one.phones:
        if a in two.phones:
            return 0
    is_slip = any(OSA.distance(a, b, score_cutoff=1) <= 1 for a in one.phones for b in two.phones)
    return 1 if is_slip else 2


def tax(one: Traits, two: Traits) -> int:
    """0 the same number, 1 a slip, 2 another."""
    a, b = one.tax, two.tax
    if not a or not b:
        return MISSING
    if one.tax_country and two.tax_country and one.tax_country != two.tax_country:
        return 2
    if a == b:
        return 0
    return 1 if OSA.distance(a, b, score_cutoff=2) <= 2 else 2


def site(one: Traits, two: Traits) -> int:
    """0 the same domain, 1 another; the box itself says more where it is the same."""
    a, b = one.site, two.site
    if not a or not b or (one.email and one.email == two.email):
        return MISSING
    return 0 if a == b else 1


def address(one: Traits, two: Traits) -> int:
    """0 the same house, 1 the same or a similar street, 2 the same place without streets, 3 another street, 4 elsewhere."""
    where = _place(one, two)
    if not one.street or not two.street or where == MISSING:
        return MISSING if where == MISSING else 2 if where < 2 else 4
    if where == 2:
        return 4
    if one.street == two.street:
        return 0
    return 1 if ratio(one.street, two.street) >= 84 else 3


def house(one: Traits, two: Traits) -> int:
    """
    How many of phone, site and address are the same: 0 all, 1 two, 2 one, 3 none. Under one roof they come together, so
    between different names they are one piece of evidence, not three.
    """
    levels = (phone(one, two), site(one, two), address(one, two))
    if levels == (MISSING, MISSING, MISSING):
        return MISSING
    return 3 - ((levels[0] in (0, 1)) + (levels[1] == 0) + (levels[2] in (0, 1)))


def _place(one: Traits, two: Traits) -> int:
    """0 the same postcode, 1 the same town, 2 elsewhere."""
    if one.postcode and one.postcode == two.postcode:
        return 0
    if one.town and two.town:
        return 1 if one.town == two.town or ratio(one.town, two.town) >= 85 else 2
    if one.postcode and two.postcode:
        return 1 if OSA.distance(one.postcode, two.postcode, score_cutoff=1) <= 1 else 2
    return MISSING


def work(one: Traits, two: Traits) -> int:
    """0 the same employer by name or mail domain, 1 another."""
    houses, sites = (one.house, two.house), (one.site, two.site)
    if (all(houses) and houses[0] == houses[1]) or (all(sites) and sites[0] == sites[1]):
        return 0
    return 1 if all(houses) or all(sites) else MISSING


Compare = Callable[[Traits, Traits], int]
