"""`autoglm replay` as a command: what it asks, says, keeps, and its exit codes."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from autoglm.store import SqliteStore
from autoglm.types import Click, Dialog, Locator, Run, Step, Type
from tests.agent.doubles import scripted, serving
from tests.replay.conftest import Theatre
from tests.replay.recording import on

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Said:
    code: int | None
    out: str
    err: str


def keep(data: Path, steps: Sequence[Step]) -> None:
    run = Run("aaaa000001", "Fill in the form", "scripted", started=1.0)
    with SqliteStore(data) as store:
        store.start(run)
        for step in steps:
            store.append(run, step)
        store.end(replace(run, outcome="finished", answer="Done."))


async def replay(data: Path, *arguments: str) -> Said:
    environment = os.environ | {"AUTOGLM_DATA": str(data), "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'backend'}"}
    command = [sys.executable, "-m", "autoglm", "replay", "last", *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment)
    out, err = await process.communicate()
    return Said(process.returncode, out.decode(), err.decode())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def test_what_deletes_is_not_done_again_unasked(theatre: Theatre, data: Path) -> None:
    keep(data, await theatre.record("confirm.html", on(Click, "Delete account"), Dialog(accept=True)))
    said = await replay(data)
    assert (said.code, said.out) == (3, "")
    assert "step 1, Click" in said.err
    assert "--yes-effects allows it" in said.err
    said = await replay(data, "--yes-effects")
    assert said.code == 0
    assert said.out.startswith("passed: 2 of 2 steps, ")
    assert "by role" in said.err


async def test_every_result_is_an_object_a_line(theatre: Theatre, data: Path) -> None:
    keep(data, await theatre.record("confirm.html", on(Type, "Draft", "x")))
    said = await replay(data, "--json", "--set", "draft=y")
    step, end = [json.loads(line) for line in said.out.splitlines()]
    assert (step["result"], step["way"]["kind"], step["values"]) == ("Done", "role", {"draft": "y"})
    assert (end["type"], end["passed"], end["of"]) == ("replay", 1, 1)


async def test_a_table_of_rows_is_replayed_row_by_row(theatre: Theatre, data: Path, tmp_path: Path) -> None:
    keep(data, await theatre.record("contact.html", on(Type, "First name", "Ada"), on(Type, "Last name", "L")))
    rows = tmp_path / "rows.csv"
    rows.write_text("first_name,last_name\nBea,B\nCleo,C\n")
    said = await replay(data, "--csv", str(rows))
    assert said.code == 0
    assert said.out.startswith("2 of 2 rows passed, ")
    assert [line.split()[:3] for line in said.err.splitlines() if "passed" in line] == [
        ["Bea", "B", "passed"],
        ["Cleo", "C", "passed"],
    ]
    rows.write_text("fax\n1\n")
    said = await replay(data, "--csv", str(rows))
    assert said.code == 2
    assert "first_name='Ada'" in said.err


async def test_a_step_that_fails_says_why(theatre: Theatre, data: Path) -> None:
    steps = await theatre.record("confirm.html", on(Type, "Draft", "x"))
    lost = tuple(replace(way, value="textarea", name="") for way in steps[0].targets[0].locators[:1])
    keep(data, [replace(steps[0], targets=(replace(steps[0].targets[0], locators=lost),)), steps[1]])
    said = await replay(data)
    assert said.code == 1
    assert said.out.startswith("failed: step 1 not found: no element is found by role textarea")


async def test_what_was_healed_is_shown_and_kept_only_when_told_to(theatre: Theatre, data: Path) -> None:
    steps = await theatre.record("confirm.html", on(Click, "Tell"))
    (target,) = steps[0].targets
    stale = replace(target, locators=(Locator("role", "button", "Say"),))
    keep(data, [replace(steps[0], targets=(stale,)), *steps[1:]])
    (tell,) = [each.ref for each in steps[0].observation.elements if each.name == "Tell"]
    answers = scripted(*[f'do(action="Click", ref={tell})'] * 2)
    async with serving(answers) as model:
        said = await replay(data, "--base-url", f"{model.url}/v1")
        assert said.code == 0, said.err
        assert '- role button "Say"' in said.err
        assert '+ role button "Tell"' in said.err
        assert "--write keeps it" in said.err
        said = await replay(data, "--base-url", f"{model.url}/v1", "--write")
        assert said.code == 0
    said = await replay(data)
    assert (said.code, "by role" in said.err) == (0, True)
