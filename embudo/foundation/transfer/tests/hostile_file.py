from dataclasses import dataclass


@dataclass(frozen=True)
class Hostile:
    name: str
    content: bytes
    outcome: int | str | tuple[str, ...] = "any"


TABLE = "Name;Town\nZażółć gęślą jaźń;Łódź\nÉlodie Müller;Besançon\n"
