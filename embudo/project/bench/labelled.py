"""Companies and people with errors as people make them, and who is whom: the made set that duplicates are judged by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from embudo.kernel.fold import fold
from embudo.project.sample.people import FIRST, JOBS, LAST
from embudo.project.sample.source import accounts

Row = dict[str, Any]
TOWNS = {
    "PL": (("Warszawa", "00"), ("Kraków", "30"), ("Łódź", "90"), ("Gdańsk", "80"), ("Gdynia", "81"), ("Poznań", "60"), ("Wrocław", "50"), ("Nowy Sącz", "33")),
    "FR": (("Paris", "75"), ("Lyon", "69"), ("Saint-Étienne", "42"), ("Nîmes", "30"), ("Besançon", "25")),
    "ES": (("Madrid", "28"), ("Málaga", "29"), ("A Coruña", "15"), ("Cádiz", "11"), ("León", "24")),
    "DE": (("Köln", "50"), ("München", "80"), ("Düsseldorf", "40"), ("Görlitz", "02"), ("Berlin", "10")),
    "GB": (("Leeds", "LS"), ("Bristol", "BS"), ("Norwich", "NR"), ("York", "YO"), ("Exeter", "EX")),
}  # fmt: skip
FORMS = {
    "PL": (
        "sp. z o.o.",
        "Sp. z o. o.",
        "S.A.",
        "spółka z ograniczoną odpowiedzialnością",
        "sp. j.",
        "Spółka Akcyjna",
    ),
    "FR": ("SARL", "S.A.S.", "SAS", "S.A.", "EURL", "société anonyme"),
    "ES": ("S.L.", "SL", "S.A.", "S.L.U.", "Sociedad Limitada"),
    "DE": ("GmbH", "GmbH & Co. KG", "AG", "e.K.", "UG"),
    "GB": ("Ltd", "Limited", "PLC", "Ltd.", "LLP"),
}
PHONES = {"PL": "+48", "FR": "+33", "ES": "+34", "DE": "+49", "GB": "+44"}
TRADES = (
    "Transport", "Logistyka", "Budowa", "Meble", "Elektro", "Dachy", "Okna", "Hydraulika", "Ogrody",
    "Drewno", "Stal", "Druk", "Reklama", "Serwis", "Instal", "Construction", "Menuiserie", "Plomberie",
    "Toitures", "Imprimerie", "Electricidad", "Muebles", "Reformas", "Talleres", "Bau", "Elektrotechnik",
    "Möbelhaus", "Dachdecker", "Engineering", "Plumbing", "Roofing", "Joinery", "Software", "Consulting",
    "Analytics", "Catering", "Bakery", "Foods",
)  # fmt: skip
STREETS = (
    "Lipowa", "Polna", "Leśna", "Kwiatowa", "Długa", "Ogrodowa", "Kościuszki", "Słowackiego", "Main",
    "High", "Church", "Station", "Hauptstraße", "Bergstraße", "Gare", "République", "Mayor", "Real",
    "Sol", "Mickiewicza",
)  # fmt: skip
SYLLABLES = (
    "ba", "co", "du", "fe", "gi", "ka", "lo", "mu", "ne", "pi", "ra", "so", "tu", "ve", "wi", "xa", "zu",
    "bri", "cla", "dro", "fle", "gra", "pla", "sto", "tra", "vor",
)  # fmt: skip
PROVIDERS = ("gmail.com", "wp.pl", "orange.fr", "hotmail.es", "web.de", "outlook.com")
SHORTS = {
    "Gosia": "Małgorzata",
    "Zofia": "Zosia",
    "Rafael": "Rafa",
    "Pablo": "Pablito",
    "Tomás": "Tom",
    "Liam": "L.",
    "Kamil": "K.",
}


@dataclass(frozen=True)
class Labelled:
    """Rows by role; `truth` has the same number for rows of one company or person."""

    rows: list[Row]
    truth: list[int]

    def same_pairs(self) -> set[tuple[int, int]]:
        groups: dict[int, list[int]] = {}
        for index, who in enumerate(self.truth):
            groups.setdefault(who, []).append(index)
        return {
            (a, b) for group in groups.values() for place, a in enumerate(group) for b in group[place + 1 :]
        }


class Maker:
    """Makes originals, their near misses (others who look alike) and, from a share of them all, copies with errors."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - the same set every time
        self.boxes: set[str] = set()
        self.names = [account.name for account in accounts()]

    # --- small parts -------------------------------------------------------------------------------------------------

    def often(self, share: float) -> bool:
        return self.random.random() < share

    def one_of(self, values: Sequence[Any]) -> Any:
        return self.random.choice(values)

    def digits(self, count: int) -> str:
        return "".join(self.random.choice("0123456789") for _number in range(count))

    def phone(self, country: str) -> str:
        return f"{PHONES[country]}{self.random.choice('123456789')}{self.digits(8)}"

    def word(self) -> str:
        return "".join(
            self.random.choice(SYLLABLES) for _number in range(self.random.randint(2, 3))
        ).capitalize()

    def own_box(self, local: str, domain: str) -> str:
        """No two people have one mailbox."""
        while f"{local}@{domain}" in self.boxes:
            local += self.digits(1)
        self.boxes.add(f"{local}@{domain}")
        return f"{local}@{domain}"

    def address(self, country: str) -> Row:
        town, start = self.one_of(TOWNS[country])
        postcode = f"{start}-{self.digits(3)}" if country == "PL" else f"{start}{self.digits(3)}"
        return {
            "town": town,
            "postcode": postcode,
            "street": self.one_of(STREETS),
            "number": str(self.random.randint(1, 180)),
        }

    # --- originals ---------------------------------------------------------------------------------------------------

    def company(self, name: str = "") -> Row:
        country = self.one_of(tuple(TOWNS))
        kinds = (
            lambda: f"{self.one_of(LAST)} {self.one_of(TRADES)}",
            lambda: f"{self.word()} {self.one_of(TRADES)}",
            lambda: f"{self.one_of(TRADES)} {self.one_of(FIRST)} {self.one_of(LAST)}",
            lambda: f"{self.word()}{self.word().lower()}",
        )
        name = name or self.one_of(kinds)()
        domain = f"{fold(name).replace(' ', self.one_of(('', '-')))}.{self.one_of(('com', country.lower()))}"
        box = self.one_of(("office", "info", "biuro", "contact", "sales"))
        own = f"{fold(name).split()[0]}{self.digits(2)}@{self.one_of(PROVIDERS)}"
        row = {
            "name": f"{name} {self.one_of(FORMS[country])}" if self.often(0.8) else name, "country": country,
            "tax_id": self.digits(10) if self.often(0.75) else "",
            "email": (own if self.often(0.3) else f"{box}@{domain}") if self.often(0.75) else "",
            "phone": self.phone(country) if self.often(0.85) else "", "mobile": self.phone(country) if self.often(0.2) else "",
            "website": f"https://www.{domain}" if self.often(0.5) else "", **self.address(country),
        }  # fmt: skip
        return self.thinned(row, ("street", "postcode", "town"), 0.12)

    def branch(self, row: Row) -> Row:
        """Another outlet of a chain: the same name and site, its own place, numbers and box."""
        place = self.address(row["country"])
        site = row["website"].partition("www.")[2] or row["email"].rpartition("@")[2]
        return {**row, **place, "tax_id": self.digits(10) if self.often(0.6) else "", "phone": self.phone(row["country"]),
                "mobile": "", "email": self.own_box(fold(place["town"]).replace(" ", ""), site) if site and site not in PROVIDERS else ""}  # fmt: skip

    def sister(self, row: Row) -> Row:
        """Of the same group: in the same house, often behind the same switchboard, another trade and tax number."""
        first, trade = (
            row["name"].split()[0],
            self.one_of([trade for trade in TRADES if trade not in row["name"]]),
        )
        return {**row, "name": f"{first} {trade} {self.one_of(FORMS[row['country']])}", "mobile": "",
                "tax_id": self.digits(10) if self.often(0.85) else "", "email": "", "phone": row["phone"] if self.often(0.5) else self.phone(row["country"])}  # fmt: skip

    def neighbour(self, row: Row) -> Row:
        """Somebody of the same surname or trade in the same town."""
        first = row["name"].split()[0]
        other = self.company(
            f"{first} {self.one_of(TRADES)}" if self.often(0.5) else f"{self.one_of(FIRST)} {first}"
        )
        return {
            **other,
            "town": row["town"],
            "country": row["country"],
            "postcode": row["postcode"][:3] + self.digits(2),
        }

    def person(self, last: str = "", house: Row | None = None) -> Row:
        country = self.one_of(tuple(TOWNS))
        first, last = (
            self.one_of(FIRST),
            last
            or (
                self.one_of(LAST)
                if self.often(0.25)
                else f"{self.word()}{self.one_of(('ski', 'sen', 'ez', 'er', 'ault'))}"
            ),
        )
        site = (house or {}).get("email", "").rpartition("@")[2]
        local = self.one_of(
            (f"{first}.{last}", f"{first[0]}{last}", f"{last}.{first}", f"{first}{last}{self.digits(2)}")
        )
        domain = site if site and site not in PROVIDERS and self.often(0.7) else self.one_of(PROVIDERS)
        return {
            "first_name": first, "last_name": last, "job_title": self.one_of(JOBS), "company": (house or {}).get("name", ""),
            "email": self.own_box(fold(local).replace(" ", ""), domain) if self.often(0.8) else "",
            "phone": (house["phone"] if house and house["phone"] and self.often(0.25) else self.phone(country)) if self.often(0.7) else "",
            "mobile": self.phone(country) if self.often(0.5) else "",
        }  # fmt: skip

    # --- errors ------------------------------------------------------------------------------------------------------

    def slip(self, text: str) -> str:
        """A letter left out, doubled, changed for a neighbour's, or two swapped."""
        if len(text) < 4:
            return text
        at = self.random.randint(1, len(text) - 2)
        kind = self.random.randint(0, 3)
        if kind == 0:
            return text[:at] + text[at + 1 :]
        if kind == 1:
            return text[:at] + text[at] + text[at:]
        if kind == 2:
            letter = self.random.choice("0123456789" if text[at].isdigit() else "aeioustrnlkm")
            return text[:at] + letter + text[at + 1 :]
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]

    def thinned(self, row: Row, names: Sequence[str], share: float) -> Row:
        return row | {name: "" for name in names if self.often(share)}

    def renamed(self, row: Row) -> Row:
        """The same name as somebody else writes it."""
        name, form = row["name"], self.one_of(FORMS[row["country"]])
        words = [word for word in name.split() if word.strip(".&").isalpha()]
        written: list[Callable[[], str]] = [
            lambda: self.slip(name), lambda: f"{' '.join(words[:2])} {form}", lambda: fold(name).title(), name.upper,
            lambda: " ".join([*words[:2][::-1], form]), lambda: f"{words[0]} {words[1][:5]}." if len(words) > 1 else name,
            lambda: name.replace("ü", "ue").replace("ö", "oe"), lambda: f"{self.one_of(('PHU', 'F.H.U.', 'Firma'))} {name}" if row["country"] == "PL" else name,
        ]  # fmt: skip
        return row | {"name": self.one_of(written)()}

    def moved(self, row: Row) -> Row:
        return row | self.address(row["country"])

    def changed(self, name: str) -> Callable[[Row], Row]:
        def change(row: Row) -> Row:
            if not row[name]:
                return row
            if name in ("phone", "mobile"):
                return row | {
                    name: row[name][:-4] + self.digits(4) if self.often(0.4) else self.slip(row[name])
                }
            if name == "email":
                local, _at, domain = row[name].partition("@")
                other = f"{self.one_of(('office', 'kontakt', 'jan', 'hello'))}@{domain}"
                return row | {
                    name: other if self.often(0.4) and "name" in row else f"{self.slip(local)}@{domain}"
                }
            return row | {name: self.slip(row[name])}

        return change

    def copy_of_company(self, row: Row) -> Row:
        errors = [self.renamed, self.renamed, self.changed("phone"), self.changed("email"), self.changed("tax_id"),
                  self.changed("street"), self.changed("town"), self.changed("postcode")]  # fmt: skip
        for error in self.random.sample(errors, self.random.randint(1, 3)):
            row = error(row)
        row = self.moved(row) if self.often(0.05) else row
        return self.thinned(
            row, ("tax_id", "email", "phone", "mobile", "website", "street", "postcode", "town"), 0.12
        )

    def misnamed(self, row: Row) -> Row:
        written: list[Callable[[], Row]] = [
            lambda: {"last_name": self.slip(row["last_name"])}, lambda: {"first_name": self.slip(row["first_name"])},
            lambda: {"first_name": row["last_name"], "last_name": row["first_name"]},
            lambda: {"first_name": f"{row['first_name'][0]}."}, lambda: {"first_name": SHORTS.get(row["first_name"], row["first_name"])},
            lambda: {"last_name": fold(row["last_name"]).title(), "first_name": fold(row["first_name"]).title()},
        ]  # fmt: skip
        changed: Row = self.one_of(written)()
        return row | changed

    def hired_elsewhere(self, row: Row) -> Row:
        local = row["email"].partition("@")[0]
        return row | {
            "company": f"{self.word()} {self.one_of(TRADES)}",
            "email": f"{local}@{self.word().lower()}.com" if local else "",
        }

    def copy_of_person(self, row: Row) -> Row:
        errors = [
            self.misnamed,
            self.misnamed,
            self.changed("phone"),
            self.changed("mobile"),
            self.changed("email"),
        ]
        for error in self.random.sample(errors, self.random.randint(1, 2)):
            row = error(row)
        row = self.hired_elsewhere(row) if self.often(0.05) else row
        return self.thinned(row, ("email", "phone", "mobile", "company"), 0.12)

    # --- the sets ----------------------------------------------------------------------------------------------------

    def companies(self, count: int, share: float = 0.2) -> Labelled:
        """`count` different companies, a third of them near misses of another, and copies of a share of them."""
        originals: list[Row] = [self.company(name) for name in self.names]
        while len(originals) < count:
            row = self.company()
            originals.append(row)
            if self.often(0.25):
                make = self.one_of((self.branch, self.sister, self.neighbour))
                originals += [
                    make(row) for _number in range(self.random.randint(1, 4 if make == self.branch else 1))
                ]
        return self.with_copies(originals, share, self.copy_of_company)

    def people(self, count: int, share: float = 0.2) -> Labelled:
        """`count` different people: colleagues, families in one firm, namesakes; and copies of a share of them."""
        originals: list[Row] = []
        while len(originals) < count:
            house = self.company()
            staff = [self.person(house=house) for _number in range(self.random.randint(1, 5))]
            if self.often(0.3):  # a family
                other = self.person(staff[0]["last_name"], house)
                while other["first_name"] == staff[0]["first_name"]:
                    other = self.person(staff[0]["last_name"], house)
                staff.append(other | {"phone": staff[0]["phone"]})
            if self.often(0.15):  # a namesake elsewhere
                elsewhere = self.person(staff[0]["last_name"], self.company())
                staff.append(elsewhere | {"first_name": staff[0]["first_name"]})
            originals += staff
        return self.with_copies(originals, share, self.copy_of_person)

    def with_copies(self, originals: list[Row], share: float, copied: Callable[[Row], Row]) -> Labelled:
        rows, truth = list(originals), list(range(len(originals)))
        for who, row in enumerate(originals):
            if self.often(share):
                for _number in range(self.one_of((1, 1, 1, 2, 3))):
                    rows.append(copied(row))
                    truth.append(who)
        order = list(range(len(rows)))
        self.random.shuffle(order)
        return Labelled([rows[index] for index in order], [truth[index] for index in order])
