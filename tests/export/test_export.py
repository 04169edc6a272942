"""A recorded run becomes a test that passes on its page, fails on broken ones, and reads as a tester would write it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from autoglm.browser.playwright_pipe import PlaywrightPipe
from autoglm.cli import main
from autoglm.export.prove import formatted, rehearse
from autoglm.export.scenes import story
from autoglm.export.secret import secrets_of
from autoglm.export.source import test_module
from autoglm.export.write import write
from autoglm.store import SqliteStore
from autoglm.types import Check, Click, Dialog, Press, Select
from tests.export.recorder import Said, fill, on, record
from tests.site.server import Site, serve


@pytest.fixture
def exported(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Exported:
    monkeypatch.setenv("AUTOGLM_DATA", str(store.directory))
    monkeypatch.chdir(tmp_path)
    return Exported(tmp_path, capfd)


class Exported:
    """What the command did with the last run."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capfd = capfd
        self.told = ""

    def export(self, *args: str) -> int:
        code = main(["export", "last", "--yes-effects", *args])
        self.told = self._capfd.readouterr().err
        return code

    def write(self, run: str) -> None:
        """What it would prove, in test_it.py."""
        with SqliteStore() as store:
            steps = store.steps(run)
            script = write(store.run(run).run, steps, story(store.run(run).run, steps), "it")
        secrets = {name: text for text, name in secrets_of(steps).items()}
        source = formatted(test_module(script, rehearse(script, secrets)))
        (self.folder / "test_it.py").write_text(source, encoding="utf-8")

    def source(self, name: str = "test_it.py") -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def body(self) -> str:
        """From the test's first line on, in one line each."""
        return " ".join(self.source().partition("def test_")[2].split())


async def run_of(pipe: PlaywrightPipe, store: SqliteStore, site: Site, page: str, task: str, *said: Said) -> str:
    return await record(pipe, store, f"{site.url}/{page}", task, *said)


async def test_a_form_becomes_a_test_that_is_proved(
    pipe: PlaywrightPipe, store: SqliteStore, site: Site, exported: Exported
) -> None:
    await run_of(
        pipe, store, site, "contact.html", "Ask for a demo, and be Ada Lovelace",
        fill('textbox "First name"', "Ada"),
        fill('textbox "Last name"', "Lovelace"),
        fill('textbox "Work email"', "ada@example.org"),
        on('combobox "What is it', Select(0, ("A demo",))),
        on("checkbox", Check(0)),
        on('button "Send', Click(0)),
    )  # fmt: skip
    assert exported.export("-o", "test_it.py") == 0, exported.told
    assert "fails on 11 of 11" in exported.told
    assert "passes on 5 of 5" in exported.told
    source = exported.source()
    assert source.startswith('"""Ask for a demo, and be Ada Lovelace"""\n')
    assert "def test_ask_for_a_demo(" in source
    assert '("first_name", "last_name", "work_email"), [("Ada", "Lovelace", "ada@example.org")]' in source
    body = exported.body()
    assert 'page.get_by_label("First name").fill(first_name)' in body
    assert 'page.get_by_label("What is it about?").select_option("A demo")' in body
    assert 'page.get_by_role("checkbox", name="I agree to the privacy policy").check()' in body
    assert 'page.get_by_role("button", name="Send message").click()' in body
    assert 'assert sent["email"] == work_email' in body
    assert 'name=f"Thank you, {first_name}!"' in body
    assert "sleep" not in source and "timeout" not in source and "nth" not in source
    assert is_clean(exported.folder / "test_it.py")


def is_clean(file: Path) -> bool:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or "ruff"
    rules = "A,B,C4,E4,E7,E9,F,I,N,PT,RET,S105,S106,SIM,UP,W"
    check = subprocess.run([ruff, "check", "--isolated", "--no-cache", "--select", rules, file], check=False)
    form = subprocess.run([ruff, "format", "--isolated", "--no-cache", "--check", file], check=False)
    return check.returncode == 0 and form.returncode == 0


async def test_a_secret_is_a_variable_of_the_environment_and_stands_nowhere(
    pipe: PlaywrightPipe, store: SqliteStore, site: Site, exported: Exported
) -> None:
    run = await run_of(
        pipe, store, site, "signup.html", "Sign up as Ada with the password hunter2xyz",
        fill('textbox "Full name"', "Ada"),
        fill("password", "hunter2xyz"),
        on('button "Create account"', Click(0)),
    )  # fmt: skip
    exported.write(run)
    source = exported.source()
    assert "hunter2xyz" not in source
    assert 'os.environ.get("TEST_PASSWORD")' in source and "fill(password)" in source
    assert 'assert sent["password"] == password' in source
    skipped = pytest_on(exported.folder / "test_it.py")
    assert "1 skipped" in skipped and "set TEST_PASSWORD" in skipped, skipped
    assert exported.export("--format", "json", "-o", "it.json") == 0
    data = (exported.folder / "it.json").read_text(encoding="utf-8")
    assert "hunter2xyz" not in data and '"$TEST_PASSWORD"' in data and json.loads(data)["secrets"] == ["TEST_PASSWORD"]


def pytest_on(file: Path) -> str:
    plugins = ("-p", "pytest_playwright.pytest_playwright", "-p", "autoglm.pytest_plugin", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", str(file), "-rs", "-q", "--rootdir", str(file.parent), *plugins]
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=file.parent, env=env).stdout


async def test_a_dialog_is_answered_and_what_it_asked_is_asserted(
    pipe: PlaywrightPipe, store: SqliteStore, site: Site, exported: Exported
) -> None:
    said = on('button "Delete account', Click(0)), Dialog(accept=True)
    run = await run_of(pipe, store, site, "confirm.html", "Delete the account", *said)
    exported.write(run)
    body = exported.body()
    assert "dialog.accept()" in body and 'page.once("dialog", answer)' in body
    assert 'assert messages == ["Really delete everything?"]' in body
    assert 'expect(page.get_by_role("status")).to_have_text("deleted")' in body


async def test_a_row_is_found_by_what_it_says(
    pipe: PlaywrightPipe, store: SqliteStore, site: Site, exported: Exported
) -> None:
    said = on('#2 button "Delete"', Click(0))
    run = await run_of(pipe, store, site, "orders.html", "Delete the order of Grace Hopper", said)
    exported.write(run)
    body = exported.body()
    assert 'page.get_by_role("row").filter(has_text="1002").get_by_role( "button", name="Delete" ).click()' in body


async def test_what_is_in_a_frame_is_found_and_asserted_there(
    pipe: PlaywrightPipe, store: SqliteStore, site: Site, exported: Exported
) -> None:
    html = quote("<h1>Outer</h1><iframe title=Settings src=/tabs.html width=900 height=600></iframe>")
    said = on('tab "Billing"', Click(0))
    exported.write(await run_of(pipe, store, site, f"show?html={html}", "Open the billing tab", said))
    body = exported.body()
    assert 'frame = page.get_by_title("Settings").content_frame' in body
    assert 'frame.get_by_role("tab", name="Billing").click()' in body
    assert 'expect(frame.get_by_text("You pay 40 € a month.")).to_be_visible()' in body


async def test_a_popup_and_a_file_are_waited_for(
    pipe: PlaywrightPipe, store: SqliteStore, site: Site, exported: Exported, tmp_path: Path
) -> None:
    html = quote("<a target=_blank href='/show?html=<a href=/file?name=report.csv>Report</a>'>Files</a>")
    said = on('link "Files"', Click(0)), on('link "Report"', Click(0))
    url = f"{site.url}/show?html={html}"
    exported.write(await record(pipe, store, url, "Download the report", *said, downloads=tmp_path / "files"))
    body = exported.body()
    assert "with page.expect_popup() as popup_info:" in body and "popup = popup_info.value" in body
    assert "with popup.expect_download() as download_info:" in body
    assert 'assert download_info.value.suggested_filename == "report.csv"' in body


async def test_a_key_is_pressed_in_the_field_that_was_filled_in(
    pipe: PlaywrightPipe, store: SqliteStore, site: Site, exported: Exported
) -> None:
    said = fill('combobox "City"', "Ber"), Press("ArrowDown"), Press("Enter")
    run = await run_of(pipe, store, site, "autocomplete.html", "Choose the first city that begins with Ber", *said)
    exported.write(run)
    assert 'page.get_by_label("City").press("ArrowDown")' in exported.body()


async def test_what_cannot_be_repeated_is_said_and_nothing_is_written(
    pipe: PlaywrightPipe, store: SqliteStore, exported: Exported
) -> None:
    with serve() as gone:
        await record(pipe, store, f"{gone.url}/tabs.html", "Open the billing tab", on('tab "Billing"', Click(0)))
    assert exported.export("-o", "test_it.py") == 1
    assert "cannot be repeated" in exported.told and "ERR_CONNECTION_REFUSED" in exported.told
    assert "look whether the page can be reached" in exported.told
    assert not (exported.folder / "test_it.py").exists()


async def test_a_test_that_sees_too_little_is_not_written(
    pipe: PlaywrightPipe, store: SqliteStore, site: Site, exported: Exported
) -> None:
    """The clicks leave nothing that could be asserted, so that a page where they do nothing looks the same."""
    html = "<button onclick='this.dataset.n = 1'>Count</button>"
    await run_of(pipe, store, site, f"show?html={html}", "Count", on('button "Count"', Click(0)))
    assert exported.export("-o", "test_it.py") == 1
    assert "still passes when 'Count' does nothing" in exported.told
    assert "is not proved" in exported.told and not (exported.folder / "test_it.py").exists()


async def test_a_run_that_did_nothing_makes_no_test(
    pipe: PlaywrightPipe, store: SqliteStore, site: Site, exported: Exported
) -> None:
    await run_of(pipe, store, site, "contact.html", "Look")
    assert exported.export("-o", "test_it.py") == 1
    assert "did nothing in the browser" in exported.told


async def test_a_run_that_sent_something_is_repeated_only_with_a_yes(
    pipe: PlaywrightPipe, store: SqliteStore, site: Site, exported: Exported, capfd: pytest.CaptureFixture[str]
) -> None:
    await run_of(pipe, store, site, "signup.html", "Sign up", fill('textbox "Full name"', "Ada"), *SEND)
    site.submitted.clear()
    assert main(["export", "last", "-o", "test_it.py"]) == 1
    told = capfd.readouterr().err
    assert f"POST {site.url}/submit" in told and "--yes-effects" in told
    assert not site.submitted
    assert not (exported.folder / "test_it.py").exists()


SEND = (fill("password", "hunter2xyz"), on('button "Create account"', Click(0)))
