from collections.abc import Iterator
from random import Random
from typing import Any

from embudo.kernel.fold import fold

WEIGHTS = (6, 5, 7, 2, 3, 4, 5, 6, 7)
MAZOVIA = (
    ("Radom", "26-600"), ("Płock", "09-400"), ("Siedlce", "08-110"), ("Ostrołęka", "07-410"), ("Ciechanów", "06-400"),
    ("Mińsk Mazowiecki", "05-300"), ("Otwock", "05-400"), ("Pruszków", "05-800"), ("Sochaczew", "96-500"),
    ("Żyrardów", "96-300"), ("Wołomin", "05-200"), ("Garwolin", "08-400"), ("Łosice", "08-200"), ("Nowy Dwór Mazowiecki", "05-100"),
)  # fmt: skip
COAST = (
    ("Gdynia", "81-300"), ("Hel", "84-150"), ("Władysławowo", "84-120"), ("Ustka", "76-270"), ("Puck", "84-100"),
    ("Łeba", "84-360"), ("Gdańsk", "80-500"), ("Starogard Gdański", "83-200"),
)  # fmt: skip
STREETS = (
    "Rzeźnicza", "Przemysłowa", "Składowa", "Fabryczna", "Polna", "Targowa", "Kolejowa", "Portowa", "Wąska", "Żwirowa",
)  # fmt: skip
MEAT = (
    "Zakłady Mięsne",
    "Masarnia",
    "Ubojnia",
    "Wędliny",
    "Przetwórstwo Mięsne",
    "Wyroby Wędliniarskie",
    "Hurtownia Mięsa",
)
FISH = (
    "Przetwórstwo Rybne",
    "Wędzarnia",
    "Hurtownia Ryb",
    "Ryby i Owoce Morza",
    "Chłodnia",
    "Przystań Rybacka",
)
MARKS = (
    "Pod Lipą", "Złoty Róg", "Stary Młyn", "Nad Wkrą", "Zielony Dwór", "Trzy Dęby", "Jaskółka", "Bocianie Gniazdo", "Podkowa",
    "Kłos", "Czarny Bez", "Na Skarpie", "Ostoja", "Wiatrak", "Borowina", "Źródełko", "Kamienny Most", "Łąka", "Zagroda", "Szlak",
    "Dzika Róża", "Kuźnia", "Północ", "Przy Grobli",
)  # fmt: skip
FORMS = ("sp. z o.o.", "sp.j.", "s.c.", "S.A.")
SOURCES = ("Company register", "Company's website", "Industry directory 2026", "Call on the phone")


def nip(random: Random) -> str:
    """Ten digits whose last one checks the others, of no tax office there is."""
    while True:
        digits = f"99{random.randrange(10**7):07}"
        check = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True)) % 11
        if check < 10:
            return f"{digits}{check}"


def firms(
    random: Random, trades: tuple[str, ...], towns: Any, region: str, pkd: str
) -> Iterator[dict[str, Any]]:
    """Companies that might be there, each once: what an operator would type of them."""
    names = [f"{trade} {mark}" for trade in trades for mark in MARKS]
    random.shuffle(names)
    for name in names:
        town, postcode = random.choice(towns)
        host = f"{''.join(letter for letter in fold(name) if letter.isalnum())}.example.com"
        yield {
            "name": f"{name} {random.choice(FORMS)}", "tax_id": nip(random), "pkd": pkd, "country": "PL",
            "street": random.choice(STREETS), "number": str(random.randrange(1, 120)), "postcode": postcode, "town": town,
            "region": region, "website": f"https://{host}", "email": f"biuro@{host}",
            "phone": f"+48 22 555 {random.randrange(100):02} {random.randrange(100):02}", "source1": random.choice(SOURCES),
        }  # fmt: skip
