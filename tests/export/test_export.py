"""A recorded run becomes a test that passes on its page, fails on broken ones, and reads as a tester would write it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import playwright
import pytest
import pytest_asyncio
from playwright.async_api import expect

from autoglm.browser.playwright_pipe import PlaywrightPipe
from autoglm.cli import main
from autoglm.export.prove import formatted, rehearse
from autoglm.export.scenes import story
from autoglm.export.secret import secrets_of
from autoglm.export.source import test_module
from autoglm.export.write import write
from autoglm.store import SqliteStore
from autoglm.types import Check, Click, CloseTab, Dialog, Goto, Press, Select, Upload, Wait
from tests.bench.harness import site as served
from tests.export.recorder import Said, fill, on, record
from tests.site.server import Site, serve


@dataclass(frozen=True, slots=True)
class Toured:
    """One run that has something of every kind, and the test that it becomes; rehearsed once."""

    data: Path
    file: Path

    @property
    def source(self) -> str:
        return self.file.read_text(encoding="utf-8")

    @property
    def body(self) -> str:
        """From the test's first line on, in one line each."""
        return body_of(self.file)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def toured(pipe: PlaywrightPipe, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Toured:
    folder = tmp_path_factory.mktemp("toured")
    letter = folder / "letter.txt"
    letter.write_text("Dear Ada")
    files = quote("<a target=_blank href='/show?html=<a href=/file?name=report.csv>Report</a>'>Files</a>")
    framed = quote("<h1>Outer</h1><iframe title=Settings src=/tabs.html width=900 height=600></iframe>")
    areas = "<map name=m><area shape=rect coords=0,0,80,80 href=/tabs.html alt=East></map>"
    picture = quote(f"<img usemap=#m width=200 height=100 src=/none.png>{areas}")
    said: tuple[Said, ...] = (
        fill('textbox "Full name"', "Ada"),
        fill("password", "hunter2xyz"),
        on('button "Create account"', Click(0)),
        Goto(f"{site.url}/confirm.html"),
        on('button "Delete account', Click(0)),
        Dialog(accept=True),
        Goto(f"{site.url}/orders.html"),
        on('#2 button "Delete"', Click(0)),
        Goto(f"{site.url}/autocomplete.html"),
        fill('combobox "City"', "Ber"),
        Press("ArrowDown"),
        Press("Enter"),
        Goto(f"{site.url}/show?html={files}"),
        on('link "Files"', Click(0)),
        on('link "Report"', Click(0)),
        CloseTab(2),
        Goto(f"{site.url}/widgets/files.html"),
        on('button "Drop files here"', Upload(0, (str(letter),))),
        Goto(f"{site.url}/show?html={picture}"),
        on('link "East"', Click(0)),
        Goto(f"{site.url}/show?html={framed}"),
        on('tab "Billing"', Click(0)),
    )
    with SqliteStore(folder / "data") as store:
        task = "Sign up as Ada with the password hunter2xyz, and look around"
        url = f"{site.url}/signup.html"
        run = store.run(await record(pipe, store, url, task, *said, downloads=folder / "files")).run
        steps = store.steps(run.id)
    script = write(run, steps, story(run, steps), "it")
    secrets = {name: text for text, name in secrets_of(steps).items()}
    rehearsed = await asyncio.to_thread(rehearse, script, secrets)
    (folder / "test_it.py").write_text(formatted(test_module(script, rehearsed)), encoding="utf-8")
    return Toured(folder / "data", folder / "test_it.py")


def body_of(file: Path) -> str:
    return " ".join(file.read_text(encoding="utf-8").partition("def test_")[2].split())


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
        code = main(["export", "last", *args])
        self.told = self._capfd.readouterr().err
        return code


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
    assert exported.export("-o", "test_it.py", "--yes-effects") == 0, exported.told
    assert "fails on 11 of 11" in exported.told
    assert "passes on 5 of 5" in exported.told
    source = (exported.folder / "test_it.py").read_text(encoding="utf-8")
    assert source.startswith('"""Ask for a demo, and be Ada Lovelace"""\n')
    assert "def test_ask_for_a_demo(" in source
    assert '("first_name", "last_name", "work_email"), [("Ada", "Lovelace", "ada@example.org")]' in source
    body = body_of(exported.folder / "test_it.py")
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


def test_a_secret_is_a_variable_of_the_environment_and_stands_nowhere(
    toured: Toured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "hunter2xyz" not in toured.source
    assert 'os.environ.get("TEST_PASSWORD")' in toured.source and "fill(password)" in toured.source
    assert 'assert sent["password"] == password' in toured.source
    skipped = pytest_on(toured.file)
    assert "1 skipped" in skipped and "set TEST_PASSWORD" in skipped, skipped
    monkeypatch.setenv("AUTOGLM_DATA", str(toured.data))
    assert main(["export", "last", "--format", "json", "-o", str(tmp_path / "it.json")]) == 0
    data = (tmp_path / "it.json").read_text(encoding="utf-8")
    assert "hunter2xyz" not in data and '"$TEST_PASSWORD"' in data and json.loads(data)["secrets"] == ["TEST_PASSWORD"]


def pytest_on(file: Path) -> str:
    plugins = ("-p", "pytest_playwright.pytest_playwright", "-p", "autoglm.pytest_plugin", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", str(file), "-rs", "-q", "--rootdir", str(file.parent), *plugins]
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=file.parent, env=env).stdout


def test_a_dialog_is_answered_and_what_it_asked_is_asserted(toured: Toured) -> None:
    body = toured.body
    assert "dialog.accept()" in body and 'page.once("dialog", answer)' in body
    assert 'assert messages == ["Really delete everything?"]' in body
    assert 'expect(page.get_by_role("status")).to_have_text("deleted")' in body


def test_a_row_is_found_by_what_it_says(toured: Toured) -> None:
    row = 'page.get_by_role("row").filter(has_text="1002").get_by_role( "button", name="Delete" ).click()'
    assert row in toured.body


def test_what_is_in_a_frame_is_found_and_asserted_there(toured: Toured) -> None:
    body = toured.body
    assert 'frame = page.get_by_title("Settings").content_frame' in body
    assert 'frame.get_by_role("tab", name="Billing").click()' in body
    assert 'expect(frame.get_by_text("You pay 40 € a month.")).to_be_visible()' in body


def test_a_popup_and_a_file_are_waited_for(toured: Toured) -> None:
    body = toured.body
    assert "with page.expect_popup() as popup_info:" in body and "popup = popup_info.value" in body
    assert "with popup.expect_download() as download_info:" in body
    assert 'assert download_info.value.suggested_filename == "report.csv"' in body
    assert "popup.close()" in body


def test_a_file_is_dropped_where_none_is_asked_for(toured: Toured) -> None:
    drop = 'page.get_by_role("button", name="Drop files here").drop( {"files": FILES / "letter.txt"} )'
    assert drop in toured.body
    assert 'expect(page.get_by_role("status")).to_have_text("zone: letter.txt (8 bytes)")' in toured.body
    assert 'FILES = Path(__file__).with_name("' in toured.source


def test_an_area_of_a_picture_is_pressed_by_the_keyboard(toured: Toured) -> None:
    assert 'page.get_by_alt_text("East").press("Enter")' in toured.body
    assert 'expect(page).to_have_url(f"{BASE_URL}/tabs.html")' in toured.body


def test_a_key_is_pressed_in_the_field_that_was_filled_in(toured: Toured) -> None:
    assert 'page.get_by_label("City").press("ArrowDown")' in toured.body


async def test_the_trace_opens_in_playwrights_viewer(
    pipe: PlaywrightPipe, store: SqliteStore, site: Site, exported: Exported
) -> None:
    await run_of(pipe, store, site, "tabs.html", "Open the billing tab", on('tab "Billing"', Click(0)))
    assert await asyncio.to_thread(exported.export, "--format", "trace", "-o", "it.zip") == 0
    viewer = Path(playwright.__file__).parent / "driver" / "package" / "lib" / "vite" / "traceViewer"
    shutil.copytree(viewer, exported.folder / "viewer")
    shutil.copy(exported.folder / "it.zip", exported.folder / "viewer")
    with served(exported.folder / "viewer") as url:
        tabs = await pipe.tabs()
        page = (await tabs.open()).page
        await page.goto(f"{url}/index.html?trace={url}/it.zip")
        actions = page.get_by_role("tree")
        click = actions.get_by_role("treeitem").filter(has_text="Click")
        await expect(click).to_contain_text("Billing", timeout=60_000)  # once it has read the trace
        await expect(actions.get_by_role("treeitem").filter(has_text="Navigate")).to_contain_text("/tabs.html")
        snapshot = page.frame_locator("iframe.snapshot-visible")
        await click.click()
        await page.get_by_role("tab", name="After").click()
        await expect(snapshot.get_by_text("You pay 40 € a month.")).to_be_visible(timeout=60_000)
        await tabs.close()


async def test_what_cannot_be_repeated_is_said_and_nothing_is_written(
    pipe: PlaywrightPipe, store: SqliteStore, exported: Exported
) -> None:
    with serve() as gone:
        await record(pipe, store, f"{gone.url}/tabs.html", "Open the billing tab", on('tab "Billing"', Click(0)))
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", int(gone.url.rpartition(":")[2])))  # so that nobody else is given it
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
    pipe: PlaywrightPipe, store: SqliteStore, site: Site, exported: Exported
) -> None:
    send = fill("password", "hunter2xyz"), on('button "Create account"', Click(0))
    await run_of(pipe, store, site, "signup.html", "Sign up", fill('textbox "Full name"', "Ada"), *send)
    site.submitted.clear()
    assert exported.export("-o", "test_it.py") == 3
    assert f"POST {site.url}/submit" in exported.told and "--yes-effects" in exported.told
    assert not site.submitted
    assert not (exported.folder / "test_it.py").exists()


async def test_what_the_run_waited_long_for_is_given_as_long(
    pipe: PlaywrightPipe, store: SqliteStore, site: Site
) -> None:
    says = "<button onclick=\"setTimeout(() => { said.textContent = 'Ready' }, 6000)\">Make</button>"
    page = f"show?html={quote(f'{says}<p role=status id=said>')}"
    said = on('button "Make"', Click(0)), Wait(5), Wait(3)
    run = store.run(await run_of(pipe, store, site, page, "Make it", *said)).run
    steps = store.steps(run.id)
    script = write(run, steps, story(run, steps), "it")
    source = formatted(test_module(script, await asyncio.to_thread(rehearse, script, {})))
    assert 'expect(page.get_by_role("status")).to_have_text("Ready", timeout=15_000)' in source
