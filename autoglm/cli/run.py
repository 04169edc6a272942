"""`autoglm run`: carries a task out and tells its steps as they come."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import aclosing
from types import FrameType

from autoglm.cli import Arguments
from autoglm.errors import AutoGLMError
from autoglm.human import Nobody, Terminal
from autoglm.session import Going, Wanted, start
from autoglm.store import SqliteStore
from autoglm.story import dump, run_line, run_object, step_line, step_object
from autoglm.types import Limits, Run, RunOutcome, Step

EXIT: dict[RunOutcome, int] = {"finished": 0, "failed": 1, "limit": 1, "needs_human": 3, "stopped": 130}


async def run(args: Arguments) -> int:
    listen_for_stop()
    limits = Limits(args.max_steps, args.timeout)
    wanted = Wanted(args.task, args.url, args.schema, args.model, args.base_url, args.api_key, args.headed, limits)
    human = Terminal() if sys.stdin.isatty() else Nobody()
    with SqliteStore() as store:
        async with start(wanted, store, human=human, screenshots=True, progress=sys.stderr.write) as going:
            last, error = await tell_all(going, args)
        tell_end(going.run, last, error, store, args)
        return EXIT[going.run.outcome or "failed"]


def listen_for_stop() -> None:
    """Lets a polite kill do what asyncio.run lets Ctrl-C do: cancel the coroutine it runs."""
    loop, cancel = asyncio.get_running_loop(), signal.getsignal(signal.SIGINT)

    def ignore(*_: object) -> None: ...

    def stop(number: int, frame: FrameType | None) -> None:
        # The terminal's Ctrl-C also ends Playwright's driver; its complaints about that are no news.
        loop.set_exception_handler(ignore)
        if callable(cancel):
            cancel(number, frame)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


async def tell_all(going: Going, args: Arguments) -> tuple[Step | None, str | None]:
    """The last step, and what broke the run off."""
    last = None
    try:
        async with aclosing(going.steps()) as steps:
            async for step in steps:
                last = step
                print(step_line(step), file=sys.stderr, flush=True)
                if args.json:
                    print(dump(step_object(step)), flush=True)
    except AutoGLMError as error:
        return last, str(error)
    except asyncio.CancelledError:
        pass  # Ctrl-C; from here on we close and tell, so it is not passed on
    return last, None


def tell_end(run: Run, last: Step | None, error: str | None, store: SqliteStore, args: Arguments) -> None:
    if error and not (last and last.error == error):  # a step's own error was told with the step
        print(f"autoglm: {error}", file=sys.stderr)
    recording = store.run(run.id)
    print(f"{run_line(recording)}\nrecorded: autoglm show {run.id}  {store.screenshots(run.id)}", file=sys.stderr)
    if args.screenshot and last and last.observation.screenshot:
        args.screenshot.write_bytes(last.observation.screenshot)
        print(f"screenshot: {args.screenshot}", file=sys.stderr)
    if args.json:
        print(dump(run_object(recording, error)), flush=True)
    elif said := run.data or run.answer:
        print(said, flush=True)
