from pathlib import Path

from django.utils.translation import override

from embudo.business.quota.rules.states import TRANSITIONS

PAGE = Path(__file__).parents[4] / "docs" / "quotas.md"


def test_docs_table_of_steps_is_the_table_of_transitions() -> None:
    with override("en"):
        rows = [
            f"| {now.label} | {', '.join(str(to.label) for to in ways)} |"
            for now, ways in TRANSITIONS.items()
        ]
    text = PAGE.read_text()
    start = text.index("| draft | ")
    assert text[start:].splitlines()[: len(rows)] == rows
