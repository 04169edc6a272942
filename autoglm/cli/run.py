"""`autoglm run`: opens what a run needs, tells its steps as they come, records how it ended, closes everything."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from types import FrameType

from autoglm import agent
from autoglm.cli import Arguments
from autoglm.cli.look import open_browser
from autoglm.cli.story import dump, run_line, run_object, step_line, step_object
from autoglm.dialects import EMBEDDED, dialect_of
from autoglm.errors import AutoGLMError
from autoglm.human import Nobody, Terminal
from autoglm.local_server import LocalServer, local_server
from autoglm.models.openai import OpenAIModel
from autoglm.policy import BasicPolicy
from autoglm.seams import Browser, Model
from autoglm.store import SqliteStore, new_id
from autoglm.types import Goto, Limits, Run, RunOutcome, Step

EXIT: dict[RunOutcome, int] = {"finished": 0, "failed": 1, "limit": 1, "needs_human": 3, "stopped": 130}


async def run(args: Arguments) -> int:
    listen_for_stop()
    with SqliteStore() as store:
        async with AsyncExitStack() as opened:
            # The server loads its model while the browser starts and the first page loads.
            server = None if args.base_url else await opened.enter_async_context(start_server(args.model))
            browser = await opened.enter_async_context(open_browser(headed=args.headed, screenshots=True))
            if args.url:
                await browser.act(Goto(args.url))
            model = await opened.enter_async_context(await connect(args, server))
            begun = Run(new_id(), args.task, await model.find_name(), started=time.time())
            ended = await carry_out(begun, browser, model, store, args)
        tell_end(ended, store, args)
        return EXIT[ended.run.outcome or "failed"]


def start_server(model: str | None) -> AbstractAsyncContextManager[LocalServer]:
    return local_server(model or EMBEDDED, progress=sys.stderr.write)


async def connect(args: Arguments, server: LocalServer | None) -> OpenAIModel:
    if server:
        ready = await server.ready()
        return OpenAIModel(ready.url, ready.model)
    assert args.base_url
    return OpenAIModel(args.base_url, args.model, args.api_key)


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


@dataclass(slots=True)
class Ended:
    run: Run
    last: Step | None = None
    steps: int = 0
    error: AutoGLMError | None = None


async def carry_out(run: Run, browser: Browser, model: Model, store: SqliteStore, args: Arguments) -> Ended:
    """How it ended, on disk; also when it was stopped."""
    ended = Ended(replace(run, outcome="failed"))
    store.start(run)
    steps = agent.run(
        run,
        browser,
        model,
        dialect=dialect_of(run.model),
        policy=BasicPolicy(),
        human=Terminal() if sys.stdin.isatty() else Nobody(),
        store=store,
        limits=Limits(args.max_steps, args.timeout),
    )
    try:
        async with aclosing(steps):
            async for step in steps:
                ended.last, ended.steps = step, ended.steps + 1
                ended.run = agent.conclude(run, step)
                tell(step, args)
    except AutoGLMError as error:
        ended.error = error
    except asyncio.CancelledError:  # Ctrl-C; from here on we close and tell, so it is not passed on
        ended.run = replace(run, outcome="stopped")
    finally:
        store.end(ended.run)
    return ended


def tell(step: Step, args: Arguments) -> None:
    print(step_line(step), file=sys.stderr, flush=True)
    if args.json:
        print(dump(step_object(step)), flush=True)


def tell_end(ended: Ended, store: SqliteStore, args: Arguments) -> None:
    run, last = ended.run, ended.last
    error = str(ended.error) if ended.error else None
    if error and not (last and last.error == error):  # a step's own error was told with the step
        print(f"autoglm: {error}", file=sys.stderr)
    recording = store.run(run.id)
    print(f"{run_line(recording)}\nrecorded: autoglm show {run.id}  {store.screenshots(run.id)}", file=sys.stderr)
    if args.screenshot and last and last.observation.screenshot:
        args.screenshot.write_bytes(last.observation.screenshot)
        print(f"screenshot: {args.screenshot}", file=sys.stderr)
    if args.json:
        print(dump(run_object(recording, error)), flush=True)
    elif run.answer:
        print(run.answer, flush=True)
