"""What the person sets in the panel, and what comes of it; several browsers and runs at once."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path

from autoglm.listen import EXTENSION_ID
from autoglm.protocol import Choices
from autoglm.types import Click, Finish, Type
from tests.extension.conftest import Chrome, Served, chrome_with_extension, pair
from tests.extension.test_panel import FORM, on
from tests.site.server import Site


async def save(chrome: Chrome) -> None:
    await chrome.panel.click("#options button.primary")
    await chrome.panel.locator("#saved:not(:empty)").wait_for()


async def test_what_is_set_holds_for_the_next_run_and_is_kept(chrome: Chrome, served: Served, tmp_path: Path) -> None:
    panel = chrome.panel
    await panel.click("#show-settings")
    await panel.fill("#steps", "2")
    await panel.uncheck("#pictures")
    await save(chrome)
    served.script[:] = [on("First name", partial(Type, text=name)) for name in ("Ada", "Grace", "Joan")]
    await panel.click("#show-talk")
    await chrome.start("Type for ever")
    assert await chrome.ended() == "limit"
    steps = served.store.steps(served.store.runs()[-1].run.id)
    assert [step.observation.screenshot for step in steps] == [None, None]
    kept = json.loads((served.store.directory.parent / "panel.json").read_text())
    assert (kept["steps"], kept["pictures"]) == (2, False)
    await panel.click("#show-settings")
    await panel.fill("#steps", "40")
    await panel.check("#pictures")
    await save(chrome)
    while served.panel.choices != Choices():
        await asyncio.sleep(0.02)


async def test_a_careful_person_is_asked_before_each_change_and_answers_by_keyboard(
    chrome: Chrome, served: Served
) -> None:
    served.panel.choices = Choices(careful=True)
    served.script[:] = [on("First name", lambda ref: Type(ref, "Ada")), on("Send message", Click), Finish("Went on.")]
    keyboard = chrome.panel.keyboard
    await chrome.panel.focus("#task")
    await keyboard.type("Type a name")
    await keyboard.press("Enter")
    question = chrome.panel.locator(".question", has_text="First name")
    await question.wait_for()
    await keyboard.press("Tab")  # from Refuse, which has the focus, to Allow
    await keyboard.press("Enter")
    await chrome.panel.locator(".question", has_text="Send message").wait_for()
    await keyboard.press("Enter")
    assert await chrome.ended() == "finished"
    served.panel.choices = Choices()
    assert await chrome.work.input_value("#first") == "Ada"
    assert "did not agree" in (await chrome.steps())[1]
    said = await chrome.panel.locator("#announcements").inner_text()
    assert "May it do this?" in said and "Done. Went on." in said


LATE = """
const get = chrome.storage.local.get.bind(chrome.storage.local);
const asked = new Promise((resolve) => { globalThis.answer = resolve });
chrome.storage.local.get = (...keys) => asked.then(() => get(...keys));
"""


async def test_a_port_that_was_kept_does_not_come_in_the_way_of_who_types_another(chrome: Chrome) -> None:
    page = await chrome.context.new_page()
    await page.add_init_script(LATE)
    await page.goto(f"chrome-extension://{EXTENSION_ID}/panel.html")
    await page.click("#show-settings")
    await page.fill("#port", "1234")
    await page.evaluate("answer(); chrome.storage.local.get()")
    assert await page.input_value("#port") == "1234"
    await page.close()


async def test_the_panel_speaks_the_language_and_wears_the_colours_of_choice(chrome: Chrome) -> None:
    panel = chrome.panel
    await panel.click("#show-settings")
    await panel.select_option("#language", "zh_CN")
    await panel.select_option("#theme", "dark")
    assert await panel.inner_text("#show-settings") == "设置"
    assert await panel.evaluate("document.documentElement.lang") == "zh-CN"
    assert await panel.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 24, 28)"
    await panel.select_option("#language", "en")
    await panel.select_option("#theme", "light")
    assert await panel.inner_text("#show-settings") == "Settings"
    assert await panel.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    await panel.select_option("#theme", "")
    await panel.select_option("#language", "")


async def test_what_is_to_be_approved_is_asked_in_the_persons_language(chrome: Chrome, served: Served) -> None:
    panel = chrome.panel
    await panel.click("#show-settings")
    await panel.select_option("#language", "zh_CN")
    await panel.click("#show-talk")
    served.panel.choices = Choices(careful=True)
    served.script[:] = [on("Send message", Click), Finish("Went on.")]
    await chrome.start("Press it")
    asked = panel.locator(".question")
    assert await asked.locator("p").inner_text() == '点击 "Send message"?'
    await asked.locator("button").last.click()
    assert await chrome.ended() == "finished"
    served.panel.choices = Choices()
    await panel.click("#show-settings")
    await panel.select_option("#language", "")
    await panel.click("#show-talk")


async def test_two_browsers_and_three_runs_at_once(chrome: Chrome, served: Served, site: Site, tmp_path: Path) -> None:
    served.script[:] = FORM
    second = await chrome.context.new_page()
    await second.goto(f"{site.url}/contact.html")
    async with chrome_with_extension(tmp_path / "profile", f"{site.url}/contact.html") as other:
        await pair(other, served)
        before = len(served.store.runs())
        await chrome.work.bring_to_front()
        await chrome.start("Here")
        await other.start("Elsewhere")
        await chrome.panel.locator(".run").wait_for()
        await second.bring_to_front()
        await chrome.panel.evaluate("document.querySelector('#new-talk').click()")  # a second conversation beside it
        await chrome.start("Here too")
        while len(site.submitted) < 3:
            await asyncio.sleep(0.05)
        assert await other.ended() == "finished"
        assert await chrome.ended() == "finished"
        assert list(await other.panel.locator(".said").all_inner_texts()) == ["Elsewhere"]
        runs = [recording.run for recording in served.store.runs()[before:]]
        while any(run.outcome is None for run in runs):
            await asyncio.sleep(0.05)
            runs = [recording.run for recording in served.store.runs()[before:]]
    assert sorted((run.task.partition("\n")[0], run.outcome) for run in runs) == [
        ("Elsewhere", "finished"),
        ("Here", "finished"),
        ("Here too", "finished"),
    ]
    await second.close()
