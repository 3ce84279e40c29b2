import unicodedata

# What decomposition leaves as it is.
_LETTERS = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",  # noqa: RUF001 - the Turkish letter is meant
        "ħ": "h",
        "ŧ": "t",
    }
)


class _Folded(dict[int, str]):
    """What each letter becomes, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        decomposed = unicodedata.normalize("NFKD", chr(code).casefold().translate(_LETTERS))
        self[code] = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
        return self[code]


_FOLDED = _Folded()


def fold(text: str) -> str:
    """Lower case without diacritics, single spaces: "Łódź  Straße" and "lodz strasse" are the same."""
    if not text.isascii():
        text = text.translate(_FOLDED)
    return " ".join(text.lower().split())
