"""The command line: what was typed, to the command that carries it out, to an exit code.

stdout is the result, stderr the story. Exit: 0 done, 1 failed, 2 usage, 3 needs a human, 130 stopped.
What a command needs is imported when it is run, so that `autoglm --help` answers at once.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoglm import __version__
from autoglm.errors import AutoGLMError, BrowserMissing
from autoglm.policy import is_web_address
from autoglm.types import Limits

if TYPE_CHECKING:
    from autoglm.schema import Schema


def main(argv: Sequence[str] | None = None) -> int:
    args = parser().parse_args(argv, namespace=Arguments())
    try:
        return dispatch(args)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `autoglm runs | head`; Python would complain once more when it flushes at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except AutoGLMError as error:
        print(f"autoglm: {error}", file=sys.stderr)
        return 2 if isinstance(error, BrowserMissing) else 1
    except Exception as error:
        if os.environ.get("AUTOGLM_DEBUG"):
            raise
        what = f"{type(error).__name__}: {error}"
        print(
            f"autoglm: a fault of autoglm itself: {what}; AUTOGLM_DEBUG=1 shows where, please report it",
            file=sys.stderr,
        )
        return 1


def until_stopped(command: Coroutine[Any, Any, int]) -> int:
    """For commands that listen_for_stop(). A script's `&` has Ctrl-C ignored, and asyncio.run then ignores it too."""
    import asyncio

    signal.signal(signal.SIGINT, signal.default_int_handler)
    return asyncio.run(command)


def dispatch(args: Arguments) -> int:
    match args.command:
        case "run":
            from autoglm.cli.run import run

            return until_stopped(run(args))
        case "observe":
            import asyncio

            from autoglm.cli.look import observe

            return asyncio.run(observe(args))
        case "browser":
            from autoglm.cli.look import browser

            return browser(args)
        case "runs":
            from autoglm.cli.recordings import runs

            return runs(args)
        case "show":
            from autoglm.cli.recordings import show

            return show(args)
        case "export":
            from autoglm.cli.export import export

            return export(args)
        case "replay":
            from autoglm.cli.replay import replay

            return until_stopped(replay(args))
        case "serve":
            from autoglm.cli.serve import serve

            return until_stopped(serve(args))
        case "pair":
            from autoglm.cli.serve import pair

            return pair(args)
        case "extension":
            from autoglm.cli.serve import extension

            return extension(args)
        case other:
            raise ValueError(f"no command {other!r}")


class Arguments(argparse.Namespace):
    """What was typed, of whichever command."""

    command: str
    json: bool
    # run
    task: str
    url: str | None
    schema: Schema | None
    headed: bool
    model: str | None
    base_url: str | None
    api_key: str | None
    max_steps: int
    timeout: float
    screenshot: Path | None
    # observe
    full_page: bool
    element: int | None
    marks: bool
    # replay
    set: list[tuple[str, str]]
    csv: Path | None
    speed: float | None
    yes_effects: bool
    write: bool
    # serve
    port: int
    # pair
    revoke: bool
    # browser
    install: bool
    # show
    run: str
    html: bool
    output: Path | None
    # export
    format: str
    unproved: bool


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="autoglm", description="Says to a browser what you want done in it.")
    top.add_argument("--version", action="version", version=f"autoglm {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="carry out a task in a browser", description="Carry out a task in a browser.")
    run.add_argument("--task", required=True, metavar="TEXT", type=_text, help="what you want, in your words")
    run.add_argument("--url", type=_url, help="where to start; else a blank page, and the task says where to go")
    run.add_argument("--headed", action="store_true", help="show the browser's window")
    run.add_argument("--model", metavar="NAME", help="embedded, a checkpoint's directory or Hugging Face id; "
                     "with --base-url the name of the server's model (its first)")  # fmt: skip
    run.add_argument("--base-url", type=_server, metavar="URL", help="an OpenAI-compatible server; else one is started")
    run.add_argument(
        "--api-key-env", dest="api_key", type=_variable, metavar="NAME", help="the variable that holds its key"
    )
    run.add_argument(
        "--schema", type=_schema, metavar="FILE", help="a JSON schema: the run returns data of it, on stdout as JSON"
    )
    run.add_argument(
        "--max-steps", type=_count, default=Limits().steps, metavar="N", help="at most so many (%(default)s)"
    )
    run.add_argument(
        "--timeout", type=_seconds, default=Limits().seconds, metavar="S", help="at most so long (%(default)g s)"
    )
    run.add_argument("--screenshot", type=Path, metavar="PATH", help="write what the last step saw there, as JPEG")

    serve = commands.add_parser("serve", help="serve the side panel of your own Chrome")
    serve.add_argument("--port", type=_port, default=8426, metavar="N", help="on this machine only (%(default)s)")
    serve.add_argument("--model", metavar="NAME", help="as for run")
    serve.add_argument("--base-url", type=_server, metavar="URL", help="as for run")
    serve.add_argument("--api-key-env", dest="api_key", type=_variable, metavar="NAME", help="as for run")

    pair = commands.add_parser("pair", help="make a new code to pair a browser with")
    pair.add_argument("--revoke", action="store_true", help="forget all paired browsers instead")

    commands.add_parser("extension", help="say where the Chrome extension is and how to load it")

    observe = commands.add_parser("observe", help="show a page as the model would see it")
    observe.add_argument("url", type=_url, metavar="URL")
    observe.add_argument("--screenshot", type=Path, metavar="FILE", help="a picture of it; .jpg is JPEG, else PNG")
    part = observe.add_mutually_exclusive_group()
    part.add_argument("--full-page", action="store_true", help="the picture is of the whole page")
    part.add_argument("--element", type=_count, metavar="REF", help="the picture is of this element")
    observe.add_argument("--marks", action="store_true", help="the picture has each element's number on it")

    browser = commands.add_parser("browser", help="say which browser would be used")
    browser.add_argument("--install", action="store_true", help="install one when there is none")

    commands.add_parser("runs", help="list the recorded runs")

    show = commands.add_parser("show", help="show a recorded run, step by step")
    show.add_argument("run", metavar="RUN", help="its id, the beginning of its id, or `last`")

    show.add_argument("--html", action="store_true", help="as one page to open in a browser, pictures and all")
    show.add_argument("-o", "--output", type=Path, metavar="FILE", help="where that page goes (run-ID.html)")

    export = commands.add_parser(
        "export",
        help="make a test of a recorded run",
        description="Make a pytest-playwright test of a recorded run. The test is run on the page, where it must pass, "
        "and on broken and harmless versions of the page; only a test that fails on the broken ones and passes on the "
        "others is written.",
    )
    export.add_argument("run", metavar="RUN", help="as for show")
    export.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where it goes (test_TASK.py, ID.json, ID.zip)"
    )
    export.add_argument(
        "--format", choices=("test", "json", "trace"), default="test",
        help="json is the run as data, trace a trace of Playwright's that its viewer opens (%(default)s)",
    )  # fmt: skip
    export.add_argument(
        "--yes-effects", action="store_true", help="do again, several times, what the run sent, paid or deleted"
    )
    export.add_argument("--unproved", action="store_true", help="write the test also when its proof fails")

    replay = commands.add_parser(
        "replay",
        help="play a recorded run again, without a model",
        description="Play a recorded run again. Each element is found by the best of its recorded locators, and what "
        "an action led to is waited for. When none fits, the model is asked; what it finds must lead to the same.",
    )
    _add_replay(replay)

    for command in (run, replay, observe, commands.choices["runs"], show):
        command.add_argument("--json", action="store_true", help="one JSON object a line on stdout")
    return top


def _add_replay(replay: argparse.ArgumentParser) -> None:
    replay.add_argument("run", metavar="RUN", help="its id, the beginning of its id, or `last`")
    replay.add_argument("--headed", action="store_true", help="show the browser's window")
    replay.add_argument("--speed", type=_seconds, metavar="N", help="at most so many steps a second, to look on")
    replay.add_argument("--set", action="append", default=[], type=_value, metavar="NAME=VALUE",
                        help="another value for a field: --set email=b@x.org")  # fmt: skip
    replay.add_argument("--csv", type=Path, metavar="FILE", help="one replay a row; its first line names the fields")
    replay.add_argument("--yes-effects", action="store_true", help="do again what pays, sends or deletes, unasked")
    replay.add_argument("--write", action="store_true", help="keep what was healed in the recording")
    replay.add_argument("--model", metavar="NAME", help="as for run; asked only when a locator fails")
    replay.add_argument("--base-url", type=_server, metavar="URL", help="as for run")
    replay.add_argument("--api-key-env", dest="api_key", type=_variable, metavar="NAME", help="as for run")


# Each of these raises ArgumentTypeError with what to type instead; argparse prints it and exits with 2.


def _text(given: str) -> str:
    if not given.strip():
        raise argparse.ArgumentTypeError("it is empty; say what you want done")
    return given


def _url(given: str) -> str:
    if not is_web_address(given) and not given.startswith("file:///"):
        raise argparse.ArgumentTypeError(f"{given!r} is not a web address; write it in full, as https://example.org/")
    return given


def _value(given: str) -> tuple[str, str]:
    name, equals, text = given.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{given!r} names no field; write NAME=VALUE")
    return name.strip(), text


def _server(given: str) -> str:
    if not is_web_address(given) or given == "about:blank":
        raise argparse.ArgumentTypeError(f"{given!r} is not a server's address; write http://127.0.0.1:8000/v1")
    return given


def _variable(given: str) -> str:
    """The key itself; it is never on the command line, where every process could read it."""
    if not os.environ.get(given):
        raise argparse.ArgumentTypeError(f"the environment has no variable {given!r}; export it, and name it without $")
    return os.environ[given]


def _schema(given: str) -> Schema:
    from autoglm.errors import SchemaInvalid
    from autoglm.schema import read_schema

    try:
        return read_schema(Path(given).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, SchemaInvalid) as error:
        raise argparse.ArgumentTypeError(f"{given} holds no JSON schema: {error}") from error


def _count(given: str) -> int:
    if not given.isdecimal() or int(given) < 1:
        raise argparse.ArgumentTypeError(f"{given!r} is not a whole number from 1")
    return int(given)


def _port(given: str) -> int:
    if not given.isdecimal() or int(given) > 65535:
        raise argparse.ArgumentTypeError(f"{given!r} is not a port; 0 takes any that is free")
    return int(given)


def _seconds(given: str) -> float:
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{given!r} is not a number of seconds above 0")
    return seconds
