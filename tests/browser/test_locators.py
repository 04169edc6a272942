"""What is recorded of an element that is acted on, held against Playwright: what it finds by it, and how many."""

from __future__ import annotations

import pytest
from playwright.async_api import FrameLocator, Page

from autoglm.browser.playwright_find import find
from autoglm.types import Acted, Check, Click, Drag, Hover, Locator, Target, Type
from tests.browser.conftest import Visit, element, until
from tests.browser.test_names import CASES

PAGES = ("orders", "icons", "shadow", "widgets/fields")
SAME = "(el, other) => el === other || other.contains(el)"
"""A text may be found in the innermost of several boxes that hold nothing else."""


async def acted(visit: Visit, action: Click | Hover | Type | Check | Drag) -> Acted:
    return await visit.browser.act(action)


async def target(visit: Visit, name: str) -> Target:
    ref = element(await visit.observe(), name).ref
    return (await acted(visit, Hover(ref))).targets[0]


def kinds(found: Target) -> list[tuple[str, str, str]]:
    return [(way.kind, way.value, way.name) for way in found.locators]


async def disagreements(page: Page, found: Target) -> list[str]:
    """Where Playwright finds something else, or another number of things, than was recorded."""
    scope: Page | FrameLocator = page
    for outer in found.frames:
        scope = scope.frame_locator(f"css={outer.locators[-1].value}")
    itself = await scope.locator(f"css={found.locators[-1].value}").element_handle()
    wrong: list[str] = []
    for way in found.locators:
        matched = find(scope, way)
        if (count := await matched.count()) != way.matches:
            wrong.append(f"{way} matches {count}")
        elif not await matched.nth(way.nth).evaluate(SAME, itself):
            wrong.append(f"{way} is something else")
    return wrong


@pytest.mark.parametrize("page", PAGES)
async def test_playwright_finds_each_element_by_every_way_that_was_recorded(visit: Visit, page: str) -> None:
    seen = await visit.open(f"{page}.html")
    wrong: list[str] = []
    for each in [each for each in seen.elements if each.takes and each.in_view][:12]:
        (found,) = (await acted(visit, Hover(each.ref))).targets
        wrong += await disagreements(visit.page, found)
    assert not wrong


async def test_names_agree_with_playwrights(visit: Visit) -> None:
    seen = await visit.show("".join(f'<div style="float:left">{html}</div>' for html in CASES.values()))
    wrong: list[str] = []
    for each in [each for each in seen.elements if each.takes and each.in_view]:
        (found,) = (await acted(visit, Hover(each.ref))).targets
        assert found.locators[-1].kind == "path"
        wrong += await disagreements(visit.page, found)
    assert not wrong


async def test_what_a_person_would_name_comes_first(visit: Visit) -> None:
    await visit.show('<label>Mail <input id="mail" name="mail" placeholder="you@example.org"></label>')
    found = await target(visit, "Mail")
    assert [way.kind for way in found.locators] == ["role", "label", "placeholder", "css", "css", "path"]
    assert (found.tag, found.role, found.name) == ("input", "textbox", "Mail")
    assert all(way.matches == 1 for way in found.locators)


async def test_a_test_id_comes_before_all(visit: Visit) -> None:
    await visit.show('<button data-testid="send">Send</button>')
    assert kinds(await target(visit, "Send"))[0] == ("test_id", "send", "data-testid")


async def test_one_of_several_is_found_in_its_row(visit: Visit) -> None:
    rows = "".join(f"<tr><td>{who}<td><button>Delete</button>" for who in ("Ada", "Grace", "Mary"))
    seen = await visit.show(f"<table>{rows}</table>")
    second = [each for each in seen.elements if each.name == "Delete"][1]
    (found,) = (await acted(visit, Hover(second.ref))).targets
    assert found.locators[0] == Locator("role", "button", "Delete", within=Locator("has_text", "row", "Grace"))
    assert Locator("role", "button", "Delete", nth=1, matches=3) in found.locators


async def test_made_up_ids_and_classes_are_not_recorded(visit: Visit) -> None:
    await visit.show('<button id=":r7:" class="css-1q2w3e btn-x7f3a">Go</button><p id="ember123">x</p>')
    found = await target(visit, "Go")
    assert [way.kind for way in found.locators] == ["role", "text", "path"]


async def test_in_a_frame_the_frame_is_found_too(visit: Visit) -> None:
    await visit.open("frame.html")
    seen = await visit.observe()
    inner = next(each for each in seen.elements if each.frame and each.takes)
    (found,) = (await acted(visit, Hover(inner.ref))).targets
    assert [frame.tag for frame in found.frames] == ["iframe"]
    assert not await disagreements(visit.page, found)


async def test_a_drag_has_two_targets(visit: Visit) -> None:
    seen = await visit.open("widgets/sortable.html")
    a, b = [each for each in seen.elements if each.takes][:2]
    found = (await acted(visit, Drag(a.ref, b.ref))).targets
    assert [one.name for one in found] == [a.name, b.name]


async def test_the_target_is_told_as_it_was_before_the_action(visit: Visit) -> None:
    await visit.show('<button onclick=\'this.textContent = "Sent"; this.id = "sent"\'>Send</button>')
    (found,) = (await acted(visit, Click(await visit.ref("Send")))).targets
    assert found.name == "Send"
    assert not [way for way in found.locators if way.kind == "css"]


async def test_what_was_answered_is_told_with_the_next_look(visit: Visit) -> None:
    await visit.open("contact.html")
    await visit.js("fetch('/submit?secret=1', {method: 'POST', body: '{}'})")
    answered = (await until(visit.observe, lambda seen: seen.responses)).responses
    assert [(each.method, each.url, each.status, each.reads) for each in answered] == [
        ("POST", f"{visit.site.url}/submit", 200, False)
    ]
    assert (await visit.observe()).responses == ()
