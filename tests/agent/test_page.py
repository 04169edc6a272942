from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoglm.dialects import dialect_of
from autoglm.dialects.lines import short_line
from autoglm.dialects.page import Count, View, page_text, view
from autoglm.dialects.tokens import count_large, count_small
from autoglm.types import Click, Element, Expand, Observation, Step, Text

Item = Element | Text


def page(items: Sequence[Item]) -> Observation:
    """Elements numbered in reading order, from 1; out of view but for what says otherwise."""
    refs = iter(range(1, len(items) + 1))
    numbered = (replace(item, ref=next(refs)) if isinstance(item, Element) else item for item in items)
    return Observation("http://localhost/", "A page", tuple(numbered))


def button(name: str, role: str = "button", *, seen: bool = False) -> Element:
    return Element(0, role, name, takes=("Click",), in_view=seen)


def text(said: str, role: str = "row") -> Text:
    return Text(role, said, in_view=False)


USERS = page(
    [
        text("Users", "heading"),
        button("Home", "link"),
        *(
            item
            for i in range(200)
            for item in (button(f"User {i}", "link"), text(f"{i}@example.org | active"), button("Delete"))
        ),
        text("The end", "text"),
    ]
)


def shown(seen: View) -> list[int]:
    return [int(ref) for ref in re.findall(r"^\[(\d+)\]", seen.text, re.MULTILINE)]


def opens(seen: View) -> list[int]:
    return [int(ref) for ref in re.findall(r"^\(….* Expand ref=(\d+)\)$", seen.text, re.MULTILINE)]


def opened(page: Observation, *refs: int) -> list[Step]:
    return [Step(i, page, action=Expand(ref), outcome="opened") for i, ref in enumerate(refs)]


def test_like_rows_are_folded_with_their_count_and_what_they_look_like() -> None:
    assert page_text(USERS, 270).splitlines()[1:] == [
        "# Users",
        "[1] link Home",
        *("[2] link User 0", "| 0@example.org | active", "[3] Delete"),
        *("[4] link User 1", "| 1@example.org | active", "[5] Delete"),
        *("[6] link User 2", "| 2@example.org | active", "[7] Delete"),
        *("[8] link User 3", "| 3@example.org | active", "[9] Delete"),
        *("[10] link User 4", "| 4@example.org | active", "[11] Delete"),
        '(… 194 rows of link, row, button: "User 5" to "User 198"; Expand ref=12)',
        *("[400] link User 199", "| 199@example.org | active", "[401] Delete"),
        '"The end"',
    ]


def test_what_the_task_names_is_shown_with_the_row_that_it_is_in() -> None:
    seen = page_text(USERS, 420, "Delete User 123, please")
    assert "[248] link User 123\n| 123@example.org | active\n[249] Delete\n" in seen
    assert seen.count("Expand ref=") == 2


@pytest.mark.parametrize("task", ["Write to 57@example.org", "打开用户五十七"])
def test_a_rare_word_of_the_task_is_a_name(task: str) -> None:
    items = list(USERS.items)
    items[300] = replace(items[300], text="用户五十七") if isinstance(items[300], Text) else items[300]
    items[301] = text("用户五十七")
    seen = page_text(replace(USERS, items=tuple(items)), 420, task)
    assert ("57@example.org" in seen) if "57@" in task else ("用户五十七" in seen)


def test_a_fold_stays_open_while_the_page_is_the_same_and_a_long_one_shows_a_window() -> None:
    steps = [*opened(USERS, 8), Step(1, USERS, action=Click(9), outcome="clicked")]
    seen = view(USERS, 420, "", steps)
    assert "[8] link User 3\n" in seen.text and "[10] link User 4\n" in seen.text
    assert 10 < opens(seen)[0] < 400
    left = [Step(0, replace(USERS, url="http://localhost/other"), action=Click(1), outcome="clicked")]
    assert view(USERS, 420, "", [*steps, *left]).text == view(USERS, 420).text


def test_what_is_in_view_comes_before_the_rest() -> None:
    items = [replace(item, in_view=300 <= i < 306) for i, item in enumerate(USERS.items)]
    seen = shown(view(page(items), 330))
    assert {201, 202, 203, 204} <= set(seen) and 300 not in seen


def test_a_long_list_of_options_is_cut_but_not_what_the_task_names() -> None:
    many = tuple(f"Country {i}" for i in range(400))
    chosen = Element(0, "combobox", "Country", "Country 7", options=many, takes=("Select",))
    seen = page_text(page([chosen, *USERS.items]), 1000, "Choose Country 250")
    assert "Country 0 | " in seen and "| Country 250 | … 388 more)" in seen


def test_text_alone_is_counted_and_comes_with_scrolling() -> None:
    lines = page([text(f"Line {i}", "text") for i in range(500)])
    assert re.search(r'\n\(… 4\d\d text "Line \d+" to "Line 498"; scroll to see them\)\n', page_text(lines, 300))


def test_a_page_within_its_budget_is_shown_whole() -> None:
    seen = view(USERS, 20_000)
    assert seen.text.splitlines()[1:] == [short_line(item) for item in USERS.items]
    assert not seen.folds and seen.elements == USERS.elements


def test_the_embedded_model_is_shown_no_folds() -> None:
    seen = dialect_of("embedded").render("Delete User 123", [], USERS)[1].content
    assert "Expand" not in seen and '[248] link "User 123"' in seen
    assert re.search(r"^\(\d+ more lines not shown; scroll to see them\)$", seen, re.MULTILINE)


# ---------------------------------------------------------------- any page, any task

names = st.sampled_from(
    ["Delete", "Edit", "User 7", "保存文件", "上一页", "Straße", "🙂🙃", 'say "hi" \\', ""]
) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
roles = st.sampled_from(["link", "button", "checkbox"])
longer = names | st.text("x语🙂 ", min_size=100, max_size=500)


@st.composite
def line(draw: st.DrawFn) -> Item:
    match draw(st.sampled_from(["button", "text", "list"])):
        case "button":
            return button(draw(names), draw(roles), seen=draw(st.booleans()))
        case "list":
            options = tuple(draw(st.lists(names, min_size=1, max_size=40)))
            return Element(0, "combobox", "C", "", options=options, takes=("Select",))
        case _:
            return text(draw(longer), draw(st.sampled_from(["row", "text"])))


@st.composite
def large_pages(draw: st.DrawFn, most: int = 60) -> Observation:
    """Up to six blocks of one to `most` like rows."""
    items: list[Item] = []
    for _ in range(draw(st.integers(1, 6))):
        items += draw(st.lists(line(), min_size=1, max_size=4)) * draw(st.integers(1, most))
    return page(items)


budgets = st.integers(600, 2000)
tasks = st.lists(names, max_size=4).map(" ".join)
counts: st.SearchStrategy[Count] = st.sampled_from([count_large, count_small])


@given(large_pages(), budgets, tasks, counts)
@settings(max_examples=80)
def test_the_budget_holds_and_everything_is_shown_or_in_one_fold(
    page: Observation, budget: int, task: str, count: Count
) -> None:
    seen = view(page, budget, task, count=count)
    assert count(seen.text) <= budget
    refs = [element.ref for element in page.elements]
    visible = shown(seen)
    assert visible == [element.ref for element in seen.elements] and opens(seen) == list(seen.folds)
    hidden = [ref for ref in refs if ref not in set(visible)]
    firsts = [ref for i, ref in enumerate(hidden) if i == 0 or refs.index(ref) != refs.index(hidden[i - 1]) + 1]
    assert set(firsts) <= set(seen.folds) <= set(hidden)


@given(large_pages(15), st.integers(600, 1000), tasks)
@settings(max_examples=25)
def test_opening_the_folds_shows_every_element_in_the_end(page: Observation, budget: int, task: str) -> None:
    steps: list[Step] = []
    seen = view(page, budget, task)
    wanted = {element.ref for element in page.elements} - {element.ref for element in seen.elements}
    while wanted:
        assert len(steps) < 2 * len(page.elements)
        fold = max(ref for ref in seen.folds if ref <= min(wanted))
        steps += [Step(len(steps), page, action=Expand(fold), outcome="opened")]
        seen = view(page, budget, task, steps)
        assert fold in {element.ref for element in seen.elements}
        wanted -= {element.ref for element in seen.elements}


@given(
    st.lists(line(), min_size=1, max_size=4),
    st.integers(0, 400),
    st.sampled_from(["Zebra", "斑马条纹", "Größe"]),
    names,
    st.booleans(),
)
@settings(max_examples=50)
def test_what_the_task_names_is_never_folded_away(
    rows: list[Item], before: int, word: str, more: str, as_text: bool
) -> None:
    name = " ".join(f"{word} {more}".split())
    named = text(name, "row") if as_text else button(name, "button", seen=False)
    seen = view(page([*rows * before, named, *rows * (400 - before)]), 800, f"Do something with {name} now")
    assert len(seen.text.splitlines()) < 400, "most of it is folded"
    assert short_line(named).replace("[0] ", "") in seen.text


# ---------------------------------------------------------------- tokens


@given(st.lists(st.text(max_size=40), max_size=8), counts)
def test_counts_add_up_from_above(parts: list[str], count: Count) -> None:
    assert count("\n".join(parts)) <= sum(count(part + "\n") for part in parts) + 1
