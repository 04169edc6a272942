"""A recorded run once more, from the panel: looked on, or made into a test."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autoglm.redo import How, RedoFailed, redo
from autoglm.types import Finish, Type
from tests.extension.conftest import Chrome, Served
from tests.extension.test_panel import FORM, on
from tests.site.server import Site

SAYS = """
import os, sys
print("looking", file=sys.stderr)
print("half\\rwhole", file=sys.stderr)
print(" ".join(sys.argv[1:4]), os.environ["AUTOGLM_DATA"], file=sys.stderr)
if "-o" in sys.argv: open(sys.argv[-1], "w").write("def test_it(): ...")
sys.exit(0 if sys.argv[2] == "good" else 1)
"""


async def told(run: str, how: How, data: Path) -> list[str | bytes]:
    return [line async for line in redo(run, how, data, (sys.executable, "-c", SAYS))]


@pytest.mark.parametrize(("how", "file"), [("replay", b""), ("export", b"def test_it(): ...")])
async def test_it_is_told_line_by_line_and_ends_with_the_file(how: How, file: bytes, tmp_path: Path) -> None:
    said = await told("good", how, tmp_path)
    assert said == ["looking", "whole", f"{how} good --yes-effects {tmp_path}", file]


async def test_one_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(RedoFailed, match="replay bad"):
        await told("bad", "replay", tmp_path)


async def test_a_past_run_is_replayed_from_the_panel(chrome: Chrome, served: Served, site: Site) -> None:
    served.script[:] = FORM
    await chrome.start("Send the form for Ada Lovelace")
    assert await chrome.ended() == "finished"
    site.submitted.clear()
    panel = chrome.panel
    await panel.click("#show-past")
    await panel.locator("#recordings button").first.click()
    await panel.get_by_role("button", name="Replay").click()
    assert not site.submitted  # not before the person says so
    await panel.get_by_role("button", name="Go ahead").click()
    await panel.locator("#recording [role=status] p", has_text="Replayed.").wait_for(timeout=90_000)
    assert site.submitted[-1]["last_name"] == "Lovelace"
    await panel.click("#show-talk")


async def test_a_past_run_becomes_a_proved_test_in_the_panel(chrome: Chrome, served: Served) -> None:
    served.script[:] = [on("First name", lambda ref: Type(ref, "Ada")), Finish("Typed.")]
    await chrome.start("Type the name Ada")
    assert await chrome.ended() == "finished"
    panel = chrome.panel
    await panel.click("#show-past")
    await panel.locator("#recordings button").first.click()
    await panel.get_by_role("button", name="Export as a test").click()
    await panel.get_by_role("button", name="Go ahead").click()
    save = panel.locator("#recording a.save")
    await save.or_(panel.locator("#recording [role=status] p", has_text="Did not work")).wait_for(timeout=240_000)
    source = await save.evaluate("link => fetch(link.href).then(file => file.text())", timeout=5000)
    run = served.store.runs()[-1].run.id
    assert await save.get_attribute("download") == f"test_{run}.py"
    compile(source, f"test_{run}.py", "exec")
    assert '"Ada"' in source and "def test_" in source
    await panel.click("#show-talk")
