"""The pages of the law in docs/law are those of the rules as they stand."""

from pathlib import Path

import pytest

from smpcompliance.report.law.pages import pages
from smpcompliance.rules.ruleset import library, load_rulesets, packaged

DOCS = Path(__file__).parents[1] / "docs" / "law"
SHELVES = library(packaged())
MADE = pages(load_rulesets(SHELVES, SHELVES))


@pytest.mark.parametrize("place", sorted({name.partition("/")[0] for name in MADE}))
def test_pages_are_current(place: str) -> None:
    for name, text in MADE.items():
        if name.partition("/")[0] == place:
            assert (DOCS / name).read_text("utf-8") == text, f"docs/law/{name} is old; run `make docs`"


def test_no_page_is_left_of_a_rule_that_is_gone() -> None:
    assert {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")} == set(MADE)


def test_links_between_pages_lead_somewhere() -> None:
    for name, text in MADE.items():
        for link in _links(text):
            target = (DOCS / name).parent / link
            assert target.resolve().exists(), f"docs/law/{name}: {link}"


def _links(text: str) -> list[str]:
    found = [part.partition(")")[0] for part in text.split("](")[1:]]
    return [link for link in found if not link.startswith(("http:", "https:"))]
