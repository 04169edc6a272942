"""What a test asserts of two looks at a page: what a tester would sign, and will hold tomorrow and elsewhere."""

from __future__ import annotations

import pytest

from autoglm.export.checks import at_the_end
from autoglm.export.scenes import Scene
from autoglm.export.words import Words
from autoglm.types import Click, Observation, Text

BASE = "http://127.0.0.1:8000"
WORDS = Words({BASE: "BASE_URL", "Emma": "title"})


def asserted(before: Observation, after: Observation) -> list[str]:
    """The best way of each assertion."""
    found = at_the_end(Scene(Click(1), (), before, after), "page", WORDS)
    return [each.ways[0] for each in found]


def page(path: str, *items: Text) -> Observation:
    return Observation(f"{BASE}{path}", "Books", items)


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ("Isaac Newton | March 1, 1704", '"Isaac Newton"'),
        ("Newton | due 2026-11-20 14:30 today", '"Newton"'),
        ("Emma | Jane Austen, yesterday", "title"),
        ("Jane Austen | 1815", '"Jane Austen"'),
        ("2026-11-20", '"2026-11-20"'),
    ],
)
def test_a_row_is_known_by_what_it_says_tomorrow(cells: str, told: str) -> None:
    found = asserted(page("/books/"), page("/books/", Text("row", cells)))
    assert f'expect(page.get_by_role("row").filter(has_text={told})).to_be_visible()' in found


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/author/1/history/", r're.compile(r"/author/\d+/history/(\?|#|$)")'),
        ("/author/7/history/", r're.compile(r"/author/[^/]+/history/(\?|#|$)")'),
        ("/authors/?genre=drama", 'f"{BASE_URL}/authors/?genre=drama"'),
        ("/authors/2nd/", 'f"{BASE_URL}/authors/2nd/"'),
    ],
)
def test_an_address_holds_for_another_number(path: str, url: str) -> None:
    assert f"expect(page).to_have_url({url})" in asserted(
        page("/author/1/change/"), page(path, Text("heading", "Past"))
    )
