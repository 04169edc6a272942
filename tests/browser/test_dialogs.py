"""JavaScript dialogs: an alert is told, every other one waits for the model."""

from __future__ import annotations

import asyncio
import time

import pytest

from autoglm.errors import Mistake
from autoglm.types import Back, Click, CloseTab, Dialog, Goto, JsDialog, NewTab, Observation, SwitchTab, Type
from tests.browser.conftest import PATIENT, Visit, element, names, texts, until


async def asked(visit: Visit, button: str) -> tuple[str, Observation]:
    """What is said of a click on a page with dialogs, and what is seen then."""
    seen = await visit.open("confirm.html")
    said = await visit.act(Click(element(seen, button).ref))
    return said, await visit.observe()


async def test_a_confirm_waits_for_an_answer_and_the_page_can_only_be_read(fresh: Visit) -> None:
    said, seen = await asked(fresh, "Delete account")
    assert "confirm 'Really delete everything?'" in said
    assert seen.dialog == JsDialog("confirm", "Really delete everything?", open=True)
    assert "Delete account" in names(seen) and not any(e.takes for e in seen.elements)
    with pytest.raises(Mistake, match="waits for an answer to its confirm"):
        await fresh.act(Click(element(seen, "Rename").ref))
    with pytest.raises(Mistake, match="waits for an answer"):
        await fresh.act(Goto(f"{fresh.site.url}/index.html"))
    assert (await fresh.observe()).dialog == seen.dialog


@pytest.mark.parametrize(("accept", "status"), [(True, "deleted"), (False, "kept")])
async def test_an_answer_to_a_confirm_reaches_the_page(fresh: Visit, accept: bool, status: str) -> None:
    await asked(fresh, "Delete account")
    said = await fresh.act(Dialog(accept))
    seen = await fresh.observe()
    assert said == ("accepted the confirm" if accept else "dismissed the confirm")
    assert seen.dialog is None and texts(seen, "status") == [status] and element(seen, "Rename").takes


@pytest.mark.parametrize(("answer", "status"), [(Dialog(True, "Ada"), "named Ada"), (Dialog(False), "named null")])
async def test_a_prompt_takes_a_text(fresh: Visit, answer: Dialog, status: str) -> None:
    _, seen = await asked(fresh, "Rename")
    assert seen.dialog == JsDialog("prompt", "New name?", open=True)
    await fresh.act(answer)
    assert texts(await fresh.observe(), "status") == [status]


async def test_a_prompt_accepted_without_a_text_keeps_what_it_proposes(fresh: Visit) -> None:
    await fresh.show(
        "<p role=status id=s></p><button onclick=\"s.textContent = prompt('Name?', 'Grace')\">Ask</button>"
    )
    await fresh.act(Click(await fresh.ref("Ask")))
    await fresh.act(Dialog(True))
    assert texts(await fresh.observe(), "status") == ["Grace"]


async def test_an_alert_is_dismissed_and_told_once(fresh: Visit) -> None:
    said, seen = await asked(fresh, "Tell")
    assert said == "clicked"
    assert seen.dialog == JsDialog("alert", "Told you") and texts(seen, "status") == ["told"]
    assert (await fresh.observe()).dialog is None


async def test_one_dialog_after_another_is_asked_in_turn(fresh: Visit) -> None:
    await fresh.show(
        "<p role=status id=s></p><button onclick=\"s.textContent = confirm('1?') + ' ' + confirm('2?')\">Ask</button>"
    )
    await fresh.act(Click(await fresh.ref("Ask")))
    await fresh.act(Dialog(True))
    seen = await fresh.observe()
    assert seen.dialog == JsDialog("confirm", "2?", open=True)
    await fresh.act(Dialog(False))
    assert texts(await fresh.observe(), "status") == ["true false"]


async def test_a_dialog_that_comes_by_itself_is_seen(fresh: Visit) -> None:
    await fresh.show("<button>Go</button>")
    await fresh.js("void setTimeout(() => confirm('Stay signed in?'), 100)")
    seen = await until(fresh.observe, lambda seen: seen.dialog)
    assert seen.dialog == JsDialog("confirm", "Stay signed in?", open=True) and names(seen) == ["Go"]


async def test_there_must_be_a_dialog_to_answer(fresh: Visit) -> None:
    await fresh.open("confirm.html")
    with pytest.raises(Mistake, match="no dialog is open"):
        await fresh.act(Dialog(True))


async def unsaved(visit: Visit) -> None:
    seen = await visit.open("confirm.html")
    await visit.act(Type(element(seen, "Draft").ref, "unsaved"))


async def test_leaving_asks_first_and_staying_keeps_what_was_entered(fresh: Visit) -> None:
    await unsaved(fresh)
    assert "waits for an answer to its beforeunload" in await fresh.act(Goto(f"{fresh.site.url}/index.html"))
    seen = await fresh.observe()
    assert seen.dialog and seen.dialog.kind == "beforeunload" and seen.dialog.open
    assert await fresh.act(Dialog(False)) == "stayed on the page"
    seen = await fresh.observe()
    assert seen.settled and seen.url.endswith("/confirm.html") and element(seen, "Draft").value == "unsaved"


@pytest.mark.parametrize("leave", [Goto, Back, Click])
async def test_leaving_goes_on_when_it_is_accepted(fresh: Visit, leave: type) -> None:
    await fresh.open("index.html")
    await unsaved(fresh)
    ref = await fresh.ref("Orders")
    there = {Goto: Goto(f"{fresh.site.url}/orders.html"), Back: Back(), Click: Click(ref)}[leave]
    assert "beforeunload" in await fresh.act(there)
    await fresh.act(Dialog(True))
    seen = await fresh.observe()
    assert seen.dialog is None and seen.url.endswith("/index.html" if leave is Back else "/orders.html")


async def test_a_tab_that_asks_before_it_closes_is_brought_to_the_front(fresh: Visit) -> None:
    await unsaved(fresh)
    await fresh.act(NewTab(f"{fresh.site.url}/index.html"))
    assert "beforeunload" in await fresh.act(CloseTab(1))
    seen = await fresh.observe()
    assert [tab.active for tab in seen.tabs] == [True, False] and seen.dialog and seen.dialog.open
    assert await fresh.act(Dialog(True)) == "closed; tab 1 is in front now"
    assert [tab.url for tab in (await fresh.observe()).tabs] == [f"{fresh.site.url}/index.html"]


async def test_another_tab_can_be_used_while_a_dialog_is_open(fresh: Visit) -> None:
    await asked(fresh, "Delete account")
    await fresh.act(NewTab(f"{fresh.site.url}/index.html"))
    seen = await fresh.observe()
    assert seen.dialog is None and any(e.takes for e in seen.elements)
    await fresh.act(SwitchTab(1))
    assert (await fresh.observe()).dialog == JsDialog("confirm", "Really delete everything?", open=True)


async def test_a_dialog_costs_no_deadline(fresh: Visit) -> None:
    """Each of these would wait for answer_s if it waited for the page."""
    seen = await fresh.open("confirm.html")
    began = time.monotonic()
    await fresh.act(Click(element(seen, "Delete account").ref))
    await fresh.observe()
    await fresh.observe()
    assert time.monotonic() - began < PATIENT["answer_s"]


async def test_a_page_that_asks_before_it_is_left_is_not_waited_for(fresh: Visit) -> None:
    await unsaved(fresh)
    began = time.monotonic()
    await fresh.act(Goto(f"{fresh.site.url}/index.html"))
    assert (await fresh.observe()).dialog and (await fresh.browser.glance()).dialog
    assert time.monotonic() - began < PATIENT["settle_s"]


async def test_a_dialog_left_open_is_dismissed_at_the_end(fresh: Visit) -> None:
    await asked(fresh, "Delete account")
    answers: list[bool] = []

    async def hear() -> None:
        async for method, params, _ in fresh.cdp.events():
            if method == "Page.javascriptDialogClosed":
                answers.append(params["result"])

    hearing = asyncio.create_task(hear())
    await asyncio.sleep(0)
    await fresh.browser.close()
    await hearing
    assert answers == [False]
