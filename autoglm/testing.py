"""A run as a step of a test: carried out by the model once, played again from its recording afterwards.

def test_contact(agent):
    assert "Thank you" in agent.run("Ask for a demo, as Ada", url="http://localhost:8000/contact").answer
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import threading
import time
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.playwright_pipe import PlaywrightTabs, launch
from autoglm.browser.playwright_stage import stage
from autoglm.conditions import describe
from autoglm.dialects.ref import describe as describe_action
from autoglm.errors import AutoGLMError, ExportError
from autoglm.export.form import dump_run, load_run
from autoglm.replay import ConditionFailed, Done, Healed, Played, play
from autoglm.report import report
from autoglm.session import Result, Wanted, start
from autoglm.store import Recording, SqliteStore
from autoglm.types import Limits, Run, Step

T = TypeVar("T")


class RunFailed(AssertionError):
    """The run did not end well; the message says where its report and trace lie."""


class Agent:
    def __init__(
        self, recording: Path, artefacts: Path, mode: Literal["once", "none", "all"], model: Mapping[str, str | None]
    ) -> None:
        self._recording = recording
        self._artefacts = artefacts
        self._mode = mode
        self._model = model
        self._runs = 0

    def run(self, task: str, *, url: str | None = None, limits: Limits | None = None) -> Result:
        """How it went. Raises RunFailed, which fails the test; and what `autoglm.run` raises."""
        self._runs += 1
        more = f"-{self._runs}" if self._runs > 1 else ""
        file = self._recording.with_stem(self._recording.stem + more)
        into = self._artefacts.with_name(self._artefacts.name + more)
        if self._mode == "none" and not file.exists():
            raise RunFailed(f"there is no {file}, and --autoglm-record=none records none; run the test once without it")
        if self._mode != "all" and file.exists():
            run, steps = _read(file, task, url)
            return _apart(_replay(run, steps, into))
        model, base_url, api_key = (self._model.get(name) for name in ("model", "base_url", "api_key"))
        wanted = Wanted(task, url, None, model, base_url, api_key, limits=limits or Limits())
        return _apart(_record(wanted, file, into))


def _apart(running: Coroutine[Any, Any, T]) -> T:
    """Its result, from a thread and loop of its own: the test may be within Playwright's or pytest-asyncio's."""
    done: list[T] = []
    failed: list[BaseException] = []

    def carry_out() -> None:
        try:
            done.append(asyncio.run(running))
        except BaseException as error:  # noqa: BLE001  # raised again in the test's own thread
            failed.append(error)

    thread = threading.Thread(target=carry_out, name="autoglm")
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]


# ---------------------------------------------------------------- the first time


async def _record(wanted: Wanted, file: Path, into: Path) -> Result:
    """Kept only when it finished: what failed is no example."""
    with tempfile.TemporaryDirectory(prefix="autoglm-") as folder, SqliteStore(Path(folder)) as store:
        async with start(wanted, store, screenshots=True) as going, aclosing(going.steps()) as steps:
            taken = [step async for step in steps]
        run = going.run
        if run.outcome != "finished":
            page = _keep_report(Recording(run, len(taken), time.time() - run.started, "ended"), taken, into)
            why = taken[-1].error or run.answer or "no reason given"
            raise RunFailed(f"the run ended as {run.outcome}: {why}\nreport: {page}")
    _write(file, json.dumps(dump_run(run, taken), ensure_ascii=False, indent=1) + "\n")
    return _result(run, taken)


# ---------------------------------------------------------------- every other time


def _read(file: Path, task: str, url: str | None) -> tuple[Run, list[Step]]:
    """Begun at the server of `url`. Raises RunFailed when it is of another task, or cannot be read."""
    try:
        text = file.read_text(encoding="utf-8")
        run, steps = load_run(json.loads(text), dict(os.environ))
        if url and steps:
            # A test's own server has another port each time.
            was, now = _server(steps[0].observation.url), _server(url)
            run, steps = load_run(json.loads(text.replace(was, now)), dict(os.environ))
    except (ExportError, ValueError) as error:
        raise RunFailed(f"{file}: {error}") from error
    if run.task != task:
        raise RunFailed(
            f"{file} is of another task: {run.task!r}; record it anew with --autoglm-record=all, or delete the file"
        )
    return run, steps


def _server(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


async def _replay(run: Run, steps: Sequence[Step], into: Path) -> Result:
    began = time.time()
    with tempfile.TemporaryDirectory(prefix="autoglm-") as folder:
        async with launch() as pipe:
            tabs = await pipe.tabs(downloads=Path(folder))
            browser = CdpBrowser(tabs, await tabs.open(), screenshots=True)
            await tabs.begin_trace()
            try:
                failed = await _play(steps, browser)
                if failed:
                    raise RunFailed(await _told(failed, run, steps, browser, tabs, into, began))
            finally:
                await browser.close()
    return _result(run, steps)


async def _play(steps: Sequence[Step], browser: CdpBrowser) -> Played | None:
    """The first thing that went otherwise than recorded."""
    async with stage(browser) as on, aclosing(play(steps, on)) as results:
        async for result in results:
            if not isinstance(result, Done | Healed):
                return result
    return None


async def _told(
    failed: Played,
    run: Run,
    steps: Sequence[Step],
    browser: CdpBrowser,
    tabs: PlaywrightTabs,
    into: Path,
    began: float,
) -> str:
    """What went wrong and where report and trace lie; the failed step in the report shows the page as it is now."""
    why = _why(failed)
    trace = into / "trace.zip"
    await tabs.end_trace(trace)
    try:
        now = await browser.observe()
    except AutoGLMError:
        now = failed.step.observation
    done = [step for step in steps if step.index < failed.step.index]
    last = replace(failed.step, observation=now, outcome=None, error=why, ends="failed")
    ended = replace(run, outcome="failed", answer=None)
    page = _keep_report(Recording(ended, len(done) + 1, time.time() - began, "ended"), [*done, last], into)
    did = describe_action(failed.step.action, failed.step.observation) if failed.step.action else ""
    return f"step {failed.step.index + 1}, {did}: {why}\nreport: {page}\ntrace:  {trace}"


def _why(failed: Played) -> str:
    match failed:
        case ConditionFailed(_, _, conditions):
            return "; ".join(f"it does not hold that {describe(each)}" for each in conditions)
        case Done() | Healed():
            return ""
        case other:
            return other.why


def _keep_report(recording: Recording, steps: Sequence[Step], into: Path) -> Path:
    page = into / "report.html"
    _write(page, report(recording, steps))
    return page


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _result(run: Run, steps: Sequence[Step]) -> Result:
    data = json.loads(run.data) if run.data else None
    return Result(run.id, run.outcome or "stopped", run.answer, data, tuple(steps))
