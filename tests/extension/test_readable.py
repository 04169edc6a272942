"""The panel as it is drawn: what stands on it can be read, named, and reached with the keyboard alone."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from playwright.async_api import Page

from autoglm.types import Action, Ask, Click, Finish, Message, Note, TakeOver, Wait
from tests.extension.conftest import Chrome, Served

ENOUGH = 4.5
"""https://www.w3.org/TR/WCAG22/#contrast-minimum"""
EDGE = 3.0
"""Of what shows where a control is, or that it has the focus: https://www.w3.org/TR/WCAG22/#non-text-contrast"""

SEEN = """() => {
  const parts = (colour) => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number); return [r, g, b, a] };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const ground = (el) => {
    if (!el) return parts(getComputedStyle(document.body).backgroundColor);
    const own = parts(getComputedStyle(el).backgroundColor);
    return own[3] === 1 ? own : over(own, ground(el.parentElement));
  };
  const light = ([r, g, b]) => {
    const [R, G, B] = [r, g, b].map((x) => (x /= 255) <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * R + 0.7152 * G + 0.0722 * B;
  };
  const contrast = (one, other) => {
    const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
    return (bright + 0.05) / (dark + 0.05);
  };
  const shown = (el) => el.checkVisibility({visibilityProperty: true}) && !el.closest('.unseen, :disabled');
  const texts = [], edges = [];
  for (const el of document.body.querySelectorAll('*')) {
    if (!shown(el)) continue;
    const style = getComputedStyle(el), under = ground(el);
    const say = (text, colour) => texts.push([text, contrast(over(parts(colour), under), under), parseFloat(style.fontSize)]);
    const own = [...el.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join(' ').trim();
    if (own) say(own, style.color);
    if (el.matches('input, textarea, select') && !el.matches('[type=checkbox]')) {
      say(el.value || el.placeholder, el.value ? style.color : getComputedStyle(el, '::placeholder').color);
      edges.push([el.id, contrast(parts(style.borderTopColor), ground(el.parentElement))]);
    }
  }
  return {texts, edges};
}"""

STOP = """() => {
  const el = document.activeElement;
  if (el === document.body) return null;
  const box = el.getBoundingClientRect(), style = getComputedStyle(el);
  return {
    id: el.id, text: el.textContent.trim(), top: box.top, left: box.left, bottom: box.bottom, right: box.right,
    where: el.closest('header, main, footer').tagName,
    ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    inView: box.top >= -1 && box.bottom <= innerHeight + 1,
  };
}"""


async def hard_to_read(panel: Page) -> list[Any]:
    seen = await panel.evaluate(SEEN)
    assert seen["texts"]
    poor = [each for each in seen["texts"] if each[1] < ENOUGH or each[2] < 12]
    return poor + [each for each in seen["edges"] if each[1] < EDGE]


async def nameless(panel: Page) -> list[Any]:
    """What can be acted on, or is a picture, and has no name that a screen reader would say."""
    session: Any = await panel.context.new_cdp_session(panel)
    tree = (await session.send("Accessibility.getFullAXTree"))["nodes"]
    await session.detach()
    acted_on = {"button", "checkbox", "combobox", "image", "link", "spinbutton", "textbox", "DisclosureTriangle"}
    return [
        node["role"]["value"]
        for node in tree
        if not node["ignored"] and node["role"]["value"] in acted_on and not node.get("name", {}).get("value")
    ]


async def look_at_all(panel: Page) -> dict[str, list[Any]]:
    """Every view, as it is now, and the cards for a browser that is not paired."""
    found: dict[str, list[Any]] = {}

    async def look(name: str) -> None:
        found[name] = [*await hard_to_read(panel), *await nameless(panel)]

    await look("talk")
    for card in ("away", "pairing", "welcome", "view"):
        await panel.evaluate("id => document.getElementById(id).hidden = false", card)
        await look(card)
        await panel.evaluate("id => document.getElementById(id).hidden = true", card)
    await panel.click("#show-settings")
    await look("settings")
    await panel.click("#show-past")
    await panel.locator("#recordings button").first.wait_for()
    await look("past")
    await panel.locator("#recordings button").first.click()
    await panel.get_by_role("button", name="Export").click()
    await look("recording")
    await panel.click("#show-talk")
    return {name: poor for name, poor in found.items() if poor}


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_all_that_is_drawn_can_be_read_and_has_a_name(chrome: Chrome, served: Served, theme: str) -> None:
    panel = chrome.panel
    await panel.click("#show-settings")
    await panel.select_option("#theme", theme)
    await panel.click("#show-talk")
    served.script[:] = [Note("A note"), Click(999), Ask("Which one?"), TakeOver("Log in, please."), Finish("Done.")]
    await chrome.start("Show everything")
    await panel.locator(".question input").wait_for()
    await panel.locator(".step summary").first.click()
    assert await look_at_all(panel) == {}
    await panel.locator(".question input").fill("This one")
    await panel.keyboard.press("Enter")
    await panel.locator(".question", has_text="Log in, please.").wait_for()
    assert await hard_to_read(panel) == []
    await panel.locator(".run .question button").click()
    assert await chrome.ended() == "finished"
    assert await hard_to_read(panel) == []
    await panel.evaluate("localStorage.removeItem('theme')")
    await panel.click("#show-settings")
    await panel.select_option("#theme", "")
    await panel.click("#show-talk")


async def stops(panel: Page) -> list[dict[str, Any]]:
    """Where Tab leads, from the top of the panel to its end."""
    await panel.evaluate("document.querySelector('header button').focus()")
    found: list[dict[str, Any]] = []
    while True:
        await panel.keyboard.press("Tab")
        stop = await panel.evaluate(STOP)
        if stop is None:
            return found
        found.append(stop)


@pytest.mark.parametrize("view", ["talk", "past", "settings"])
async def test_the_focus_goes_as_the_eye_does_and_can_be_seen(chrome: Chrome, served: Served, view: str) -> None:
    served.script[:] = [Note("One"), Finish("Done.")]
    await chrome.start("Take a note")
    assert await chrome.ended() == "finished"
    await chrome.panel.click(f"#show-{view}")
    if view == "past":
        await chrome.panel.locator("#recordings button").first.wait_for()
    found = await stops(chrome.panel)
    assert {stop["where"] for stop in found} >= {"HEADER", "MAIN"}
    assert [stop for stop in found if not (stop["ring"] and stop["inView"])] == []
    parts = [stop["where"] for stop in found]
    assert parts == sorted(parts, key=["HEADER", "MAIN", "FOOTER"].index)
    for one, other in itertools.pairwise(found):
        if one["where"] == other["where"] != "MAIN":  # which scrolls under the focus
            assert other["top"] >= one["bottom"] or other["left"] >= one["right"], (one, other)
    await chrome.panel.click("#show-talk")


async def tab_to(panel: Page, selector: str) -> None:
    """Presses Tab until that has the focus."""
    seen: list[Any] = []
    while not await panel.evaluate("selector => document.activeElement.matches(selector)", selector):
        await panel.keyboard.press("Tab")
        seen.append(await panel.evaluate(STOP))
        assert len(seen) < 60, f"no way to {selector}: {[stop and (stop['id'] or stop['text']) for stop in seen[:30]]}"


async def test_the_keyboard_alone_does_it_all(chrome: Chrome, served: Served) -> None:
    panel, keyboard = chrome.panel, chrome.panel.keyboard
    heard: list[str] = []

    def hear(messages: Sequence[Message]) -> Action:
        heard.append(messages[-1].content)
        return Finish("Thank you.")

    served.script[:] = [Note("One"), Ask("Which name?"), hear]
    await tab_to(panel, "#task")
    await keyboard.type("Ask me")
    await keyboard.press("Enter")
    await panel.locator(".question input:focus").wait_for()
    await keyboard.type("Grace")
    await keyboard.press("Enter")
    assert await chrome.ended() == "finished"
    assert "Grace" in heard[0]
    await panel.locator("#task:focus").wait_for()  # at hand for what follows
    served.script[:] = [Wait(10)] * 9
    await keyboard.type("Wait")
    await keyboard.press("Enter")
    await panel.locator("#steering:focus").wait_for()
    await tab_to(panel, "#pause")
    await keyboard.press("Enter")
    await panel.locator("#pause", has_text="Continue").wait_for()
    await keyboard.press("Enter")
    await panel.locator("#pause", has_text="Pause").wait_for()
    await tab_to(panel, "#stop")
    await keyboard.press("Enter")
    await panel.locator(".run:nth-child(2) .result[data-state=stopped]").wait_for()
    await panel.locator("#task:focus").wait_for()
    await tab_to(panel, ".step summary")
    await keyboard.press("Enter")
    await panel.locator(".step details[open]").wait_for()
    await tab_to(panel, "#show-past")
    await keyboard.press("Enter")
    await panel.locator("#recordings button").first.wait_for()
    await tab_to(panel, "#recordings button")
    await keyboard.press("Enter")
    await panel.locator("#past-title:focus").wait_for()
    await tab_to(panel, "#recording .primary")
    await keyboard.press("Enter")
    await panel.locator("#task:focus").wait_for()
    assert await panel.input_value("#task") == "Wait"
    await panel.fill("#task", "")


async def test_a_screen_reader_is_told_of_each_step_once_and_of_how_it_ended(chrome: Chrome, served: Served) -> None:
    served.script[:] = [Note("One"), Click(999), Note("Two"), Finish("All noted.")]
    await chrome.panel.evaluate("document.querySelector('#announcements').replaceChildren()")
    await chrome.start("Take notes")
    assert await chrome.ended() == "finished"
    live = chrome.panel.locator("#announcements")
    assert await live.get_attribute("aria-live") == "polite"
    async with asyncio.timeout(30):
        while len(said := await live.locator("p").all_inner_texts()) < 5:
            await asyncio.sleep(0.02)
    assert said[0] == 'Note "One"'
    assert "[999]" in said[1]
    assert said[2] == 'Note "Two"'
    assert sorted(said[3:]) == ["Done. All noted.", 'Finish "All noted."']
