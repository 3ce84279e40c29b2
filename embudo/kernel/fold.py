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


def fold(text: str) -> str:
    """Lower case without diacritics, single spaces: "Łódź  Straße" and "lodz strasse" are the same."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
        text = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(text.lower().split())
