"""From a click in the real side panel to what happens in the tab beside it."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from autoglm.dialects import EMBEDDED
from autoglm.local_server import local_server
from autoglm.models.openai import OpenAIModel
from autoglm.panel import in_context
from autoglm.policy import BasicPolicy
from autoglm.types import (
    Action,
    Allow,
    Ask,
    AskFirst,
    Check,
    Click,
    Finish,
    Goto,
    Message,
    NewTab,
    Note,
    Observation,
    Run,
    Select,
    TakeOver,
    Type,
    Verdict,
    Wait,
)
from tests.agent.reader import spelled
from tests.extension.conftest import Chrome, Served, chrome_with_extension, pair, serving
from tests.site.demo import TASK
from tests.site.server import Site


def on(name: str, make: Callable[[int], Action]) -> Callable[[Sequence[Message]], Action]:
    """An action on the element of that name on the page that the model is shown."""

    def reply(messages: Sequence[Message]) -> Action:
        found = re.search(rf'\[(\d+)\] \S+ "{re.escape(name)}"', spelled(messages[-1].content))
        assert found, f"no {name!r} in\n{messages[-1].content}"
        return make(int(found[1]))

    return reply


FORM = [
    on("First name", lambda ref: Type(ref, "Ada")),
    on("Last name", lambda ref: Type(ref, "Lovelace")),
    on("Work email", lambda ref: Type(ref, "ada@example.org")),
    on("Country", lambda ref: Select(ref, ("United Kingdom",))),
    on("I agree to the privacy policy", Check),
    on("Send message", Click),
    Finish("Sent the form."),
]


async def test_a_form_is_sent_from_a_task_typed_in_the_panel(chrome: Chrome, served: Served, site: Site) -> None:
    served.script[:] = FORM
    await chrome.start("Send the form for Ada Lovelace")
    assert await chrome.ended() == "finished"
    assert site.submitted[-1]["last_name"] == "Lovelace"
    assert site.submitted[-1]["country"] == "United Kingdom"
    steps = await chrome.steps()
    assert len(steps) == len(FORM)
    assert 'Select "Country": "United Kingdom"' in steps[3]  # as a person says it
    assert "Sent the form." in await chrome.panel.locator(".run .result").inner_text()


async def test_stop_ends_a_run_in_the_middle_and_lets_go_of_the_tab(chrome: Chrome, served: Served) -> None:
    served.script[:] = [on("First name", lambda ref: Type(ref, "Ada")), *[Wait(10)] * 9]
    await chrome.start("Wait")
    await chrome.panel.locator(".step:not(.now)").first.wait_for()
    await chrome.panel.click("#stop")
    assert await chrome.ended() == "stopped"
    assert await chrome.work.input_value("#first") == "Ada"
    assert await chrome.panel.evaluate("chrome.storage.session.get('tabs').then(kept => kept.tabs)") == []


async def test_a_question_is_answered_in_the_panel(chrome: Chrome, served: Served) -> None:
    def use(messages: Sequence[Message]) -> Action:
        return Finish(messages[-1].content.rpartition("-> ")[2].strip())

    served.script[:] = [Ask("Which name?"), use]
    await chrome.start("Ask me")
    question = chrome.panel.locator(".question")
    await question.wait_for()
    assert "Which name?" in await question.inner_text()
    await question.locator("input").fill("Grace Hopper")
    await question.locator("button.primary").click()
    assert await chrome.ended() == "finished"
    assert "Grace Hopper" in await chrome.panel.locator(".run .result").inner_text()


async def test_a_person_who_does_not_know_ends_the_run_as_needing_one(chrome: Chrome, served: Served) -> None:
    served.script[:] = [Ask("Which name?"), Finish("never")]
    await chrome.start("Ask me")
    await chrome.panel.locator(".question button:not(.primary)").click()
    assert await chrome.ended() == "needs_human"


async def test_a_paused_run_leaves_the_tab_to_the_person_and_goes_on_when_told(chrome: Chrome, served: Served) -> None:
    paused = asyncio.Event()
    name = on("Last name", lambda ref: Type(ref, "Hopper"))

    def work(messages: Sequence[Message]) -> Action:
        if not paused.is_set():
            return Wait(0.5)
        return name(messages) if "Hopper" not in messages[-1].content else Finish("Done.")

    served.script[:] = [work] * 40
    await chrome.start("Wait for me")
    await chrome.panel.locator(".step.now").wait_for()
    await chrome.panel.click("#pause")
    await chrome.panel.locator("#pause", has_text="Continue").wait_for()
    paused.set()
    await chrome.work.fill("#first", "Grace")
    await asyncio.sleep(1)
    assert await chrome.work.input_value("#last") == ""
    await chrome.panel.click("#pause")
    assert await chrome.ended() == "finished"
    assert await chrome.work.input_value("#first") == "Grace"
    assert await chrome.work.input_value("#last") == "Hopper"


async def test_a_second_task_knows_the_first(chrome: Chrome, served: Served) -> None:
    served.script[:] = [Finish("It opens at nine.")]
    await chrome.start("When does it open?")
    assert await chrome.ended() == "finished"
    prompts: list[str] = []

    def hear(messages: Sequence[Message]) -> Action:
        prompts.append(messages[-1].content)
        return Finish("Noted.")

    served.script[:] = [hear]
    await chrome.start("Remember that")
    await chrome.panel.locator(".run:nth-child(2) .result").wait_for()
    assert "When does it open?" in prompts[0] and "It opens at nine." in prompts[0]


async def test_what_goes_wrong_is_said_in_words(chrome: Chrome, served: Served) -> None:
    served.script[:] = [Click(999), Finish("Gave up.", success=False)]
    await chrome.start("Click on nothing")
    assert await chrome.ended() == "failed"
    assert "[999]" in await chrome.panel.locator(".step.wrong").inner_text()


async def test_a_past_run_can_be_read_and_done_again(chrome: Chrome, served: Served) -> None:
    served.script[:] = [Note("42"), Finish("Read.")]
    await chrome.start("Read the number")
    await chrome.ended()
    await chrome.panel.click("#show-past")
    await chrome.panel.locator("#recordings button").first.click()
    recording = chrome.panel.locator("#recording")
    await recording.wait_for()
    assert 'Note "42"' in await recording.inner_text()
    await recording.locator("button.primary").click()
    assert await chrome.panel.input_value("#task") == "Read the number"
    await chrome.panel.fill("#task", "")


async def test_closing_the_tab_stops_its_run(chrome: Chrome, served: Served, site: Site) -> None:
    served.script[:] = [Goto(f"{site.url}/index.html"), *[Wait(10)] * 9]
    other = await chrome.context.new_page()
    await other.goto(f"{site.url}/contact.html")
    await other.bring_to_front()
    await chrome.start("Go on")
    await chrome.panel.locator(".step:not(.now)").first.wait_for()
    await other.close()
    assert await chrome.ended() == "stopped"
    assert served.store.runs()[-1].run.outcome == "stopped"
    assert "closed" in await chrome.panel.locator(".run .result").inner_text()


async def answer(chrome: Chrome, text: str) -> None:
    await chrome.panel.locator(".question input").fill(text)
    await chrome.panel.keyboard.press("Enter")


async def test_a_cursor_shows_on_the_page_what_is_about_to_happen_and_goes_with_the_run(
    chrome: Chrome, served: Served
) -> None:
    shown = "[...document.documentElement.children].filter(el => el.popover === 'manual').length"
    prompts: list[str] = []

    def hear(messages: Sequence[Message]) -> Action:
        prompts.append(messages[-1].content)
        return Ask("Go on?")

    served.script[:] = [hear, on("First name", lambda ref: Type(ref, "Ada")), hear, Finish("Done.")]
    await chrome.start("Point at it")
    await answer(chrome, "Yes")
    await chrome.panel.locator(".step:not(.now)").nth(1).wait_for()
    assert await chrome.work.evaluate(shown) == 1
    await answer(chrome, "Yes")
    assert await chrome.ended() == "finished"
    assert await chrome.work.evaluate(shown) == 0
    before, after = (prompt.partition("\n\n")[2].partition("Done")[0] for prompt in prompts)
    assert after.replace('="Ada"', '=""').replace(" focused", "") == before.replace(" focused", "")


def test_what_went_before_is_told_to_a_model_that_was_taught_to_read_it() -> None:
    before = Run("a", "When does it open?\n(Before this: Hello)", "m", started=0, answer="At nine.")
    told = in_context("And on Sundays?", before, "GLM-4.5")
    assert told == "And on Sundays?\n(Before this: When does it open? Result: At nine.)"
    assert (
        in_context("And on Sundays?", before, EMBEDDED) == in_context("And on Sundays?", None, "m") == "And on Sundays?"
    )


BLUE = (0x24, 0x57, 0xD6)
"""Of the frame and the cursor: extension/pointer.js."""


async def test_the_element_that_is_acted_on_is_framed_where_it_is(chrome: Chrome, served: Served) -> None:
    served.script[:] = [on("Last name", lambda ref: Type(ref, "Hopper")), Ask("Go on?"), Finish("never")]
    await chrome.start("Point at it")
    await chrome.panel.locator(".step:not(.now)").first.wait_for()
    box = await chrome.work.locator("#last").bounding_box()
    assert box
    x, y, right, below = (int(edge) for edge in (box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]))
    sides = [
        [(x - i, y + 15) for i in range(1, 4)],
        [(right + i, y + 15) for i in range(4)],
        [(x + 15, y - i) for i in range(1, 4)],
        [(x + 15, below + i) for i in range(4)],
    ]
    async with asyncio.timeout(30):  # the frame glides to its place
        while True:
            seen = Image.open(io.BytesIO(await chrome.work.screenshot())).convert("RGB")
            if all(any(near(seen.getpixel(at), BLUE) for at in side) for side in sides):
                break
    await chrome.panel.click("#stop")
    await chrome.ended()


def near(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(pixel[i] - colour[i]) < 40 for i in range(3))


GROUPS = """chrome.debugger.getTargets().then(targets => Promise.all(targets.filter(({tabId}) => tabId).map(
  ({tabId, url}) => chrome.tabs.get(tabId).then(({groupId}) => [url.replace(/.*[/]/, '/'), groupId], () => ['gone', -1]))))"""
"""Of each page; a tab may go in between."""


async def test_the_agents_tabs_stand_in_a_group_of_their_own_beside_the_persons(
    chrome: Chrome, served: Served, site: Site
) -> None:
    persons = await chrome.context.new_page()
    await persons.goto(f"{site.url}/signup.html")
    await chrome.work.bring_to_front()
    served.script[:] = [NewTab(f"{site.url}/orders.html"), Ask("Go on?"), Finish("Looked.")]
    await chrome.start("Look at the orders")
    await chrome.panel.locator(".question input").wait_for()
    groups = dict(await chrome.panel.evaluate(GROUPS))
    assert groups["/contact.html"] == groups["/orders.html"] != -1
    assert groups["/signup.html"] == -1
    title = await chrome.panel.evaluate(
        "id => chrome.tabGroups.get(id).then(group => group.title)", groups["/orders.html"]
    )
    assert title == "AutoGLM"
    field = persons.locator("input").first
    await field.fill("mine")  # the person goes on in a tab of their own
    await answer(chrome, "Yes")
    assert await chrome.ended() == "finished"
    assert await field.input_value() == "mine"
    async with asyncio.timeout(30):
        while True:
            groups = dict(await chrome.panel.evaluate(GROUPS))
            if (groups["/contact.html"], "/orders.html" in groups) == (-1, False):
                break
    await persons.close()


async def test_the_model_that_ships_sends_a_form_from_the_panel(site: Site, tmp_path: Path) -> None:
    site.submitted.clear()
    async with local_server() as server:
        ready = await server.ready()
        async with (
            OpenAIModel(ready.url, ready.model) as model,
            serving(tmp_path, model) as served,
            chrome_with_extension(tmp_path / "profile", f"{site.url}/contact.html") as chrome,
        ):
            await pair(chrome, served)
            await chrome.start(TASK)
            assert await chrome.ended(300) == "finished"
    assert site.submitted[-1]["email"] == "ada@example.org"
    assert site.submitted[-1]["country"] == "United Kingdom"


class AskBeforeClicks:
    """A guard that asks before every click."""

    def judge(self, action: Action, observation: Observation, run: Run) -> Verdict:
        return AskFirst("Press the button?") if isinstance(action, Click) else Allow()


async def approve(chrome: Chrome, served: Served, choice: str) -> str:
    served.panel.policy = AskBeforeClicks()
    served.script[:] = [on("Send message", Click), Finish("Went on.")]
    await chrome.start("Press it")
    await chrome.panel.locator(".question").get_by_role("button", name=choice).click()
    await chrome.ended()
    served.panel.policy = BasicPolicy()
    return (await chrome.steps())[0]


async def test_what_the_person_refuses_is_not_done(chrome: Chrome, served: Served) -> None:
    pressed = "document.querySelector('#contact').addEventListener('click', () => window.pressed = true)"
    await chrome.work.evaluate(pressed)
    assert "did not agree" in await approve(chrome, served, "Refuse")
    assert not await chrome.work.evaluate("window.pressed")
    assert "did not agree" not in await approve(chrome, served, "Allow")
    assert await chrome.work.evaluate("window.pressed")


async def test_the_person_takes_over_and_the_run_goes_on_from_what_they_did(chrome: Chrome, served: Served) -> None:
    served.script[:] = [TakeOver("Please log in."), on("Last name", lambda ref: Type(ref, "Hopper")), Finish("Done.")]
    await chrome.start("Log in first")
    question = chrome.panel.locator(".question")
    await question.wait_for()
    assert "Please log in." in await question.inner_text()
    await chrome.work.fill("#first", "Grace")
    await question.locator("button").click()
    assert await chrome.ended() == "finished"
    assert await chrome.work.input_value("#first") == "Grace"
    assert await chrome.work.input_value("#last") == "Hopper"
