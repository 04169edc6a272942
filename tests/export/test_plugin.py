"""`agent.run("…")` in a test: recorded by the model once, played again afterwards, explained when it fails."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import pytest_asyncio

from autoglm.browser.playwright_pipe import PlaywrightPipe
from autoglm.export.form import dump_run
from autoglm.store import SqliteStore
from autoglm.types import Click, Finish
from tests.agent.doubles import scripted, serving
from tests.export.recorder import on, record
from tests.site.server import Site, serve

pytest_plugins = ["pytester"]

TEST = """
import pytest


@pytest.fixture(scope="session")
def autoglm_model():
    return {{"base_url": "{model}"}}


def test_billing(agent):
    result = agent.run("Open the billing tab", url="{site}/tabs.html")
    assert result.answer == "It costs 40 € a month."
    assert result.outcome == "finished"
"""
SAID = ('do(action="Click", ref=8)', 'finish(message="It costs 40 € a month.")')


async def played(pytester: pytest.Pytester, site: str, model: str, *args: str) -> pytest.RunResult:
    """What pytest says of the test, in a process and browser of its own."""
    pytester.makepyfile(test_it=TEST.format(site=site, model=model))
    more = ("-p", "autoglm.pytest_plugin", "-p", "no:cacheprovider", "-q", *args)
    return await asyncio.to_thread(pytester.runpytest_subprocess, *more)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def recorded(pipe: PlaywrightPipe, site: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The task's recording, as the plugin keeps it."""
    with SqliteStore(tmp_path_factory.mktemp("recorded")) as store:
        said = on('tab "Billing"', Click(0)), Finish("It costs 40 € a month.")
        run = store.run(await record(pipe, store, f"{site.url}/tabs.html", "Open the billing tab", *said)).run
        return json.dumps(dump_run(run, store.steps(run.id)), ensure_ascii=False)


def keep(pytester: pytest.Pytester, recording: str) -> None:
    pytester.mkdir("recordings").joinpath("test_it-test_billing.json").write_text(recording, encoding="utf-8")


async def test_a_run_is_recorded_once_and_then_played_without_a_model(pytester: pytest.Pytester, site: Site) -> None:
    recording = pytester.path / "recordings" / "test_it-test_billing.json"
    async with serving(scripted(*SAID)) as model:
        (await played(pytester, site.url, model.url, "--autoglm-record=none")).assert_outcomes(failed=1)
        assert not recording.exists() and not model.requests
        (await played(pytester, site.url, model.url)).assert_outcomes(passed=1)
        assert recording.exists() and len(model.prompts) == 2
    with serve() as elsewhere:  # the test's server has another port the next day, and the model is gone
        again = await played(pytester, elsewhere.url, "http://127.0.0.1:9", "--autoglm-record=none")
        again.assert_outcomes(passed=1)


async def test_a_page_that_went_otherwise_fails_with_a_report_and_a_trace(
    pytester: pytest.Pytester, site: Site, recorded: str
) -> None:
    keep(pytester, recorded.replace("You pay 40 € a month.", "You pay 50 € a month."))
    result = await played(pytester, site.url, "http://127.0.0.1:9")
    result.assert_outcomes(failed=1)
    said = result.stdout.str()
    assert "it does not hold that the page shows" in said and "You pay 50 € a month." in said
    folder = pytester.path / "test-results" / "test_it-test_billing"
    assert (folder / "trace.zip").stat().st_size > 1000
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "You pay 50 € a month." in report and "data:image/jpeg" in report


async def test_a_run_that_does_not_finish_fails_and_is_not_kept(pytester: pytest.Pytester, site: Site) -> None:
    async with serving(scripted('finish(message="No such tab.", success=False)')) as model:
        result = await played(pytester, site.url, model.url)
    result.assert_outcomes(failed=1)
    assert "the run ended as failed" in result.stdout.str() and "No such tab." in result.stdout.str()
    assert not (pytester.path / "recordings").exists()
    assert (pytester.path / "test-results" / "test_it-test_billing" / "report.html").exists()


async def test_a_recording_of_another_task_is_not_played(pytester: pytest.Pytester, site: Site, recorded: str) -> None:
    keep(pytester, recorded.replace("Open the", "Close the"))
    result = await played(pytester, site.url, "http://127.0.0.1:9")
    result.assert_outcomes(failed=1)
    assert "is of another task: 'Close the billing tab'" in result.stdout.str()


async def test_a_run_is_recorded_anew_when_all_are(pytester: pytest.Pytester, site: Site, recorded: str) -> None:
    keep(pytester, recorded.replace("Open the", "Close the"))
    async with serving(scripted(*SAID)) as model:
        (await played(pytester, site.url, model.url, "--autoglm-record=all")).assert_outcomes(passed=1)
        assert len(model.prompts) == 2
    kept = (pytester.path / "recordings" / "test_it-test_billing.json").read_text(encoding="utf-8")
    assert "Open the billing tab" in kept and "Close the" not in kept
