"""The whole command as a subprocess, in a real Chromium, against a model server that says what the test wants."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import textwrap
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from autoglm import run as carry_out
from autoglm.errors import SchemaInvalid
from autoglm.store import SqliteStore
from autoglm.types import Extract, Finish
from tests.agent.doubles import Request, Wire, serving
from tests.agent.reader import spelled

PAGE = """<!doctype html><title>Contact us</title><h1>Contact us</h1>
<form onsubmit="event.preventDefault(); out.textContent = 'Thank you, ' + who.value">
<label>Name <input id=who></label> <button>Send</button></form><p id=out></p>"""

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Done:
    code: int | None
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


async def start(data: Path, *args: str, **env: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "autoglm", *args),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "backend"), "AUTOGLM_DATA": str(data), **env},
        start_new_session=True,  # a process group of its own, as a shell gives it
    )


async def finish(process: Process) -> Done:
    out, err = await asyncio.wait_for(process.communicate(), 90)
    assert b"Traceback" not in err, err.decode()
    return Done(process.returncode, out.decode(), err.decode())


async def autoglm(data: Path, *args: str, **env: str) -> Done:
    return await finish(await start(data, *args, **env))


Say = Callable[[str], str]


def ref(prompt: str, what: str) -> str:
    found = re.search(rf"\[(\d+)\] {what}", spelled(prompt))
    assert found, prompt
    return found[1]


FILL: tuple[Say, ...] = (
    lambda prompt: f'do(action="Type", ref={ref(prompt, "textbox")}, text="Ada 你好")',
    lambda prompt: f'do(action="Click", ref={ref(prompt, "button")})',
    lambda prompt: 'finish(message="' + re.findall('Thank you, [^"]*', prompt)[-1] + '")',
)


class Internet:
    """A site with one page and a model server, on one port."""

    def __init__(self, *replies: Say | str) -> None:
        self.replies: Iterator[Say | str] = iter(replies)
        self.asked = asyncio.Event()
        self.hung_up = asyncio.Event()

    async def __call__(self, request: Request, wire: Wire) -> None:
        if request.path == "/v1/models":
            await wire.json({"data": [{"id": "script-1"}]})
        elif request.path == "/v1/chat/completions":
            await self.reply(request.body["messages"][-1]["content"], wire)
        elif request.path == "/contact":
            await wire.head(content_type="text/html; charset=utf-8")
            await wire.send(PAGE)
        else:
            await wire.head("404 Not Found")

    async def reply(self, prompt: str, wire: Wire) -> None:
        say = next(self.replies, None)
        if say is None:  # silent until the client leaves
            await wire.head()
            self.asked.set()
            with suppress(ConnectionError):
                await wire.reader.read()
            self.hung_up.set()
        else:
            await wire.answer(say if isinstance(say, str) else say(prompt))


async def run(data: Path, *replies: Say | str, more: tuple[str, ...] = ()) -> Done:
    async with serving(Internet(*replies)) as net:
        where = ("--url", f"{net.url}/contact", "--base-url", net.url)
        return await autoglm(data, "run", "--task", "Send my name", *where, *more)


# ---------------------------------------------------------------- autoglm run


async def test_a_run_tells_its_steps_answers_and_is_recorded(tmp_path: Path) -> None:
    shot = tmp_path / "shot.jpg"
    done = await run(tmp_path, *FILL, more=("--screenshot", str(shot)))
    assert (done.code, done.out) == (0, "Thank you, Ada 你好\n"), done.err
    story = done.err.splitlines()
    assert re.fullmatch(r'  1  Type \[\d+\] textbox "Name": "Ada 你好" +\d+\.\d s', story[0])
    assert re.fullmatch(r'  2  Click \[\d+\] button "Send" +\d+\.\d s', story[1])
    assert re.fullmatch(r'  3  Finish "Thank you, Ada 你好" +\d+\.\d s', story[2])
    assert story[3].startswith("finished in 3 steps, ")
    assert re.fullmatch(rf"recorded: autoglm show \w{{10}}  {tmp_path}/screenshots/\w{{10}}", story[4])
    assert shot.read_bytes().startswith(b"\xff\xd8")

    with SqliteStore(tmp_path) as store:
        recording = store.run("last")
        steps = store.steps(recording.run.id)
    assert (recording.run.outcome, recording.run.model, recording.steps) == ("finished", "script-1", 3)
    assert all((step.observation.screenshot or b"").startswith(b"\xff\xd8") for step in steps)

    shown = await autoglm(tmp_path, "show", recording.run.id[:8])
    assert shown.code == 0
    assert "task: Send my name" in shown.out
    assert "\n".join(story[:3]) in shown.out
    listed = await autoglm(tmp_path, "runs")
    assert re.search(r"finished +3 steps .* Send my name", listed.out)


async def test_json_is_one_object_a_line(tmp_path: Path) -> None:
    done = await run(tmp_path, *FILL, more=("--json",))
    *steps, end = done.objects
    assert [step["action"]["kind"] for step in steps] == ["Type", "Click", "Finish"]
    assert [step["index"] for step in steps] == [0, 1, 2]
    assert all(step["type"] == "step" and step["url"].endswith("/contact") for step in steps)
    assert all(set(step["seconds"]) == {"observe", "model", "act"} for step in steps)
    assert all("outcome" in step and "error" not in step for step in steps)
    assert (end["type"], end["outcome"], end["answer"], end["steps"]) == ("run", "finished", "Thank you, Ada 你好", 3)
    *shown, shown_end = (await autoglm(tmp_path, "show", "last", "--json")).objects
    assert [Path(step.pop("screenshot")).name for step in shown] == ["0001.jpg", "0002.jpg", "0003.jpg"]
    assert [*shown, shown_end] == done.objects


NAMES = '{"type": "array", "items": {"type": "string"}}'
READ: tuple[Say | str, ...] = ('do(action="Extract")', "[7]", '["Ada", "你好"]', 'finish(message="Read.")')


async def test_the_data_of_a_run_with_a_schema_are_on_stdout_and_recorded(tmp_path: Path) -> None:
    schema = tmp_path / "names.json"
    schema.write_text(NAMES, encoding="utf-8")
    done = await run(tmp_path, *READ, more=("--schema", str(schema)))
    assert (done.code, done.out) == (0, '["Ada", "你好"]\n'), done.err
    assert re.search(r'  1  Extract data .*\n     > \["Ada", "你好"\]\n', done.err)
    assert 'data: ["Ada", "你好"]' in (await autoglm(tmp_path, "show", "last")).out
    *_, end = (await autoglm(tmp_path, "show", "last", "--json")).objects
    assert end["data"] == ["Ada", "你好"]


class Person(BaseModel):
    name: str


async def test_from_python_the_data_are_of_the_type_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOGLM_DATA", str(tmp_path))
    async with serving(Internet('do(action="Extract")', '[{"name": "Ada"}]', 'finish(message="Read.")')) as net:
        result = await carry_out("Read", url=f"{net.url}/contact", base_url=net.url, schema=list[Person])
    assert (result.outcome, result.answer, result.data) == ("finished", "Read.", [Person(name="Ada")])
    assert [step.action for step in result.steps] == [Extract(), Finish("Read.")]
    with SqliteStore(tmp_path) as store:
        assert store.run(result.id).run.data == '[{"name": "Ada"}]'


async def test_from_python_a_run_needs_no_schema_and_a_wrong_one_starts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOGLM_DATA", str(tmp_path))
    async with serving(Internet('do(action="Ask", question="Which?")')) as net:
        result = await carry_out("Read", url=f"{net.url}/contact", base_url=net.url)
        assert (result.outcome, result.data) == ("needs_human", None)
        with pytest.raises(SchemaInvalid):
            await carry_out("Read", base_url=net.url, schema={"type": "strnig"})
    with SqliteStore(tmp_path) as store:
        assert len(store.runs()) == 1


async def test_a_mistake_is_shown_below_its_step(tmp_path: Path) -> None:
    done = await run(tmp_path, "I am not sure.", 'do(action="Click", ref=999)', 'finish(message="ok")')
    assert done.code == 0
    assert re.search(r"  1  \(no action\) .*\n     ! no call in the reply 'I am not sure\.'", done.err)
    assert re.search(r"  2  Click \[999\] .*\n     ! .*999", done.err)


@pytest.mark.parametrize(
    ("reply", "more", "code", "outcome"),
    [
        ('finish(message="no fax", success=False)', (), 1, "failed"),
        ('do(action="Wait", seconds=1)', ("--max-steps", "1"), 1, "limit"),
        ('do(action="Wait", seconds=9)', ("--timeout", "2"), 1, "limit"),
        ('do(action="Ask", question="Which?")', (), 3, "needs_human"),
    ],
)
async def test_the_exit_code_says_how_it_ended(
    tmp_path: Path, reply: str, more: tuple[str, ...], code: int, outcome: str
) -> None:
    done = await run(tmp_path, reply, more=("--json", *more))
    assert (done.code, done.objects[-1]["outcome"]) == (code, outcome)


async def test_a_model_server_that_fails_is_recorded_and_told_once(tmp_path: Path) -> None:
    async def broken(request: Request, wire: Wire) -> None:
        if request.path == "/v1/models":
            await wire.json({"data": [{"id": "script-1"}]})
        else:
            await wire.json({"error": {"message": "out of memory"}}, "500 Internal Server Error")

    async with serving(broken) as net:
        done = await autoglm(tmp_path, "run", "--task", "t", "--base-url", net.url, "--json")
    assert done.code == 1
    assert done.err.count("answered 500: out of memory") == 1
    assert done.objects[-1]["outcome"] == "failed"
    assert "answered 500: out of memory" in done.objects[-1]["error"]


async def test_no_model_server_is_said_with_what_to_do(tmp_path: Path) -> None:
    done = await autoglm(tmp_path, "run", "--task", "t", "--base-url", "http://127.0.0.1:9")
    assert done.code == 1
    assert re.search(r"autoglm: no model server at http://127\.0\.0\.1:9/v1: .*; start one", done.err)


async def test_a_model_that_is_not_there_is_said_once_by_the_server_that_was_started(tmp_path: Path) -> None:
    done = await autoglm(tmp_path, "run", "--task", "t", "--model", str(tmp_path / "nowhere"))
    assert done.code == 1
    server, ours = done.err.strip().splitlines()
    assert server.startswith("autoglm-backend: ")
    assert "nowhere" in server
    assert ours == "autoglm: the model server ended (exit 2) before it was ready: its own message is above"


async def test_a_page_that_cannot_be_reached_is_said(tmp_path: Path) -> None:
    done = await autoglm(tmp_path, "observe", "http://127.0.0.1:9/")
    assert done.code == 1
    assert re.search(r"autoglm: .*127\.0\.0\.1:9", done.err)


@pytest.fixture(params=[signal.default_int_handler, signal.SIG_IGN], ids=["foreground", "a script's background"])
def from_a_shell(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whether what is started finds Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, request.param)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.usefixtures("from_a_shell")
async def test_a_stopped_run_is_recorded_and_everything_is_closed(tmp_path: Path, number: signal.Signals) -> None:
    internet = Internet(FILL[0])
    async with serving(internet) as net:
        where = ("--url", f"{net.url}/contact", "--base-url", net.url)
        process = await start(tmp_path, "run", "--task", "t", *where)
        await asyncio.wait_for(internet.asked.wait(), 60)
        started = descendants(process.pid)
        os.killpg(process.pid, number)  # as a terminal does: the browser hears it too
        done = await finish(process)
        await asyncio.wait_for(internet.hung_up.wait(), 30)
    assert (done.code, len(done.err.splitlines())) == (130, 3), done.err
    with SqliteStore(tmp_path) as store:
        recording = store.run("last")
    assert (recording.run.outcome, recording.state, recording.steps) == ("stopped", "ended", 1)
    assert started
    async with asyncio.timeout(30):  # a browser's processes end one after another
        while any(map(command_of, started)):
            await asyncio.sleep(0.05)


async def test_a_killed_browser_is_recorded_and_said(tmp_path: Path) -> None:
    def kill_the_browser(prompt: str) -> str:
        # What it is just starting looks like itself for a moment, and comes after it.
        browser, *_ = [
            pid for pid in descendants(process.pid) if re.search("chrom.*--remote-debugging", command_of(pid))
        ]
        os.kill(browser, signal.SIGKILL)
        return 'do(action="Back")'

    async with serving(Internet(FILL[0], kill_the_browser)) as net:
        where = ("--url", f"{net.url}/contact", "--base-url", net.url)
        process = await start(tmp_path, "run", "--task", "t", *where, "--json")
        done = await finish(process)
    assert done.code == 1, done.err
    first, second, end = done.objects
    assert ("outcome" in first, second["mistake"], end["outcome"]) == (True, False, "failed")
    assert second["error"] == end["error"]
    assert done.err.count(second["error"]) == 1


def descendants(pid: int) -> list[int]:
    """Those that are above others before them."""
    try:
        direct = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        return []
    return direct + [each for child in direct for each in descendants(child)]


def command_of(pid: int) -> str:
    """Empty for a process that ended and was not waited for yet."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


# ---------------------------------------------------------------- the other commands


async def test_observe_shows_what_the_model_would_see(tmp_path: Path) -> None:
    async with serving(Internet()) as net:
        text = await autoglm(tmp_path, "observe", f"{net.url}/contact")
        whole = await autoglm(tmp_path, "observe", f"{net.url}/contact", "--json")
    assert text.code == 0, text.err
    assert text.out.splitlines()[:2] == [f"Page: Contact us  {net.url}/contact", "# Contact us"]
    assert re.search(r'^\[\d+\] Name=""', text.out, re.MULTILINE)
    (page,) = whole.objects
    assert [item["kind"] for item in page["items"]].count("Element") == 2


async def test_browser_says_which_one(tmp_path: Path) -> None:
    done = await autoglm(tmp_path, "browser")
    assert done.code == 0
    path, version, origin = done.out.strip().split("  ")
    assert shutil.which(path)
    assert version.split()[-1][0].isdecimal()
    assert origin in ("(environment)", "(installed)", "(playwright)")


async def test_a_missing_browser_is_a_matter_of_set_up(tmp_path: Path) -> None:
    done = await autoglm(tmp_path, "observe", "about:blank", AUTOGLM_BROWSER=str(tmp_path / "chrome"))
    assert done.code == 2
    assert "autoglm: " in done.err


async def test_no_runs_is_no_failure(tmp_path: Path) -> None:
    done = await autoglm(tmp_path, "runs", "--json")
    assert (done.code, done.out) == (0, "")
    assert "no runs in" in done.err


async def test_a_run_in_doubt_shows_what_was_about_to_be_done(tmp_path: Path) -> None:
    program = f"""
        import os
        from pathlib import Path
        from autoglm.store import SqliteStore
        from autoglm.types import Click, Run
        store, run = SqliteStore(Path({str(tmp_path)!r})), Run("r1", "Pay the bill", "m")
        store.start(run)
        store.intend(run, 0, Click(7))
        os._exit(1)
    """
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", textwrap.dedent(program), cwd=ROOT)
    await process.wait()
    shown = await autoglm(tmp_path, "show", "last")
    assert "? Click [7]: about to be done when the process ended, perhaps done" in shown.out
    (listed,) = (await autoglm(tmp_path, "runs", "--json")).objects
    assert (listed["state"], listed["outcome"]) == ("in doubt", None)
    assert listed["pending"] == {"kind": "Click", "ref": 7, "dx": 0, "dy": 0, "held": ""}


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ((), "COMMAND"),
        (("dance",), "invalid choice"),
        (("run",), "--task"),
        (("run", "--task", " "), "it is empty"),
        (("run", "--task", "t", "--url", "example.org"), "write it in full"),
        (("run", "--task", "t", "--base-url", "localhost"), "is not a server's address"),
        (("run", "--task", "t", "--max-steps", "0"), "is not a whole number from 1"),
        (("run", "--task", "t", "--timeout", "nan"), "is not a number of seconds above 0"),
        (("run", "--task", "t", "--api-key-env", "AUTOGLM_NO_SUCH"), "no variable 'AUTOGLM_NO_SUCH'"),
        (("run", "--task", "t", "--schema", "nowhere.json"), "No such file"),
        (("run", "--task", "t", "--schema", __file__), "it is not JSON"),
        (("observe", "javascript:alert(1)"), "is not a web address"),
    ],
)
async def test_what_was_typed_wrongly_is_said(tmp_path: Path, args: tuple[str, ...], told: str) -> None:
    done = await autoglm(tmp_path, *args)
    assert done.code == 2
    assert told in done.err


async def test_help_loads_nothing_that_is_slow(tmp_path: Path) -> None:
    program = "import sys, autoglm.cli as cli\ntry: cli.main(['--help'])\nexcept SystemExit: print(*sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, cwd=ROOT, stdout=PIPE)
    out, _ = await process.communicate()
    assert not {"asyncio", "httpx", "pydantic", "playwright", "sqlite3"} & set(out.decode().split())
