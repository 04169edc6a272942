"""Runs that a person starts, watches and stops in the side panel: wishes in, the loop's steps out as news.

The same loop as on the command line (agent.py) in the person's own tabs. A run goes on while the extension comes and
goes; what a panel must know when it comes back is told to it anew.
"""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.extension_pipe import ExtensionCdp, ExtensionTabs
from autoglm.dialects import EMBEDDED
from autoglm.dialects.ref import describe
from autoglm.errors import AutoGLMError, StoreError, TakenAway
from autoglm.listen import Session
from autoglm.models.openai import OpenAIModel
from autoglm.policy import BasicPolicy, Careful
from autoglm.protocol import (
    Answer,
    Choices,
    FromPerson,
    List,
    Look,
    Pause,
    Point,
    Question,
    Recording,
    Redo,
    Redone,
    Refusal,
    Resume,
    Runs,
    RunState,
    Settings,
    Shot,
    Show,
    Start,
    Status,
    StepDone,
    Stop,
    Thinking,
)
from autoglm.redo import How, RedoFailed, redo
from autoglm.seams import Asked, Model, Policy
from autoglm.session import Going
from autoglm.store import SqliteStore, new_id
from autoglm.story import run_object, step_object
from autoglm.types import Acted, Finish, Limits, Observation, OnBrowser, OnElement, Run, Step

MOST_ENDED = 20
MOST_WORDS = 20_000
CLOSE_S = 3.0
"""How long browsers have to let go of their tabs when the server ends."""
ANSWER_S = 15.0
"""Longer than a restarted extension takes to come back, so that its absence is not taken for a page that hangs."""


@dataclass(slots=True)
class Live:
    """A run under way."""

    run: Run
    session: Session
    tab: int
    wish: str
    task: asyncio.Task[None] | None = None
    going: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared while the person has paused it."""
    steps: list[StepDone] = field(default_factory=list[StepDone])
    left: bytes | None = None
    """What the last step saw, which did nothing to the page: how it was left."""
    asked: Question | None = None
    answer: asyncio.Future[str | None] | None = None
    error: str = ""

    def state(self) -> RunState:
        outcome = self.run.outcome
        state = outcome or ("asking" if self.asked else "running" if self.going.is_set() else "paused")
        return RunState(
            run=self.run.id,
            wish=self.wish,
            tab=self.tab,
            task=self.run.task,
            model=self.run.model,
            state=state,
            answer=self.run.answer or "",
            error=self.error,
        )


class Panel:
    """Every panel's wishes, and every run that came of them."""

    def __init__(
        self,
        store: SqliteStore,
        connect: Callable[[Callable[[str], None]], Model],
        status: Status,
        kept: Path,
        policy: Policy | None = None,
    ) -> None:
        """`kept`: the file with the person's choices."""
        self._store = store
        self._kept = kept
        self.policy = policy or BasicPolicy()
        self._connect = connect
        """A model that tells what it writes as it writes it."""
        self._given = status
        """What `autoglm serve` was started with."""
        self.choices = _read_choices(kept)
        self._tokens_per_s: float | None = None
        self._redoing: set[asyncio.Task[None]] = set()
        self._live: dict[str, Live] = {}
        """With the last ones that ended, for a panel that was away meanwhile."""

    async def close(self) -> None:
        for task in self._redoing:
            task.cancel()
        await asyncio.gather(*self._redoing, return_exceptions=True)
        for live in [*self._live.values()]:
            self._stop(live)
        tasks = [live.task for live in self._live.values() if live.task]
        if tasks:
            await asyncio.wait(tasks, timeout=CLOSE_S)
        for live in self._live.values():
            live.session.extension.close()
        await asyncio.gather(*tasks, return_exceptions=True)

    def status(self) -> Status:
        choices, speed = self.choices, self._tokens_per_s
        if choices.base_url:
            return Status(model=choices.model, engine=choices.base_url, tokens_per_s=speed, choices=choices)
        return self._given.model_copy(update={"choices": choices, "tokens_per_s": speed})

    def joined(self, session: Session) -> None:
        """How things stand, for a panel that has just come, or come back."""
        session.extension.tell(self.status())
        for live in self._live.values():
            if live.session is session:
                self._retell(live)

    def wish(self, session: Session, wish: FromPerson) -> None:
        try:
            self._wish(session, wish)
        except StoreError as error:
            session.extension.tell(Refusal(message=str(error)))

    def _wish(self, session: Session, wish: FromPerson) -> None:
        match wish:
            case Start():
                self._start(session, wish)
            case List():
                session.extension.tell(Runs(runs=tuple(run_object(each) for each in self._store.runs()[:-101:-1])))
                self.joined(session)
            case Show(run=run):
                recording = self._store.run(run)
                steps = tuple(self._recorded(recording.run.id, step) for step in self._store.steps(recording.run.id))
                session.extension.tell(Recording(run=run_object(recording), steps=steps))
            case Look(run=run, index=index):
                path = self._store.screenshot(self._store.run(run).run.id, index)
                session.extension.tell(Shot(run=run, index=index), path.read_bytes() if path else b"")
            case Redo(run=run, how=how):
                task = asyncio.create_task(self._redo(session, self._store.run(run).run.id, how))
                self._redoing.add(task)
                task.add_done_callback(self._redoing.discard)
            case Settings(choices=choices):
                self.choices, self._tokens_per_s = choices, None
                self._kept.write_text(choices.model_dump_json(), encoding="utf-8")
                session.extension.tell(self.status())
            case Stop() | Pause() | Resume() | Answer():
                live = self._live.get(wish.run)
                if live is None or live.session is not session or live.run.outcome:
                    session.extension.tell(Refusal(run=wish.run, message="this run is over"))
                else:
                    self._steer(live, wish)

    async def _redo(self, session: Session, run: str, how: How) -> None:
        def tell(state: Literal["going", "done", "failed"], line: str = "", file: bytes = b"") -> None:
            session.extension.tell(Redone(run=run, how=how, state=state, line=_cut(line)), file)

        try:
            async with aclosing(redo(run, how, self._store.directory)) as told:
                async for line in told:
                    tell("going", line) if isinstance(line, str) else tell("done", file=line)
        except RedoFailed as error:
            tell("failed", str(error))

    def _recorded(self, run: str, step: Step) -> dict[str, Any]:
        did = describe(step.action, step.observation) if step.action else ""
        thinking = step.completion.thinking if step.completion else ""
        return step_object(step, self._store.screenshot(run, step.index)) | {"did": did, "thinking": thinking}

    def _steer(self, live: Live, wish: Stop | Pause | Resume | Answer) -> None:
        match wish:
            case Stop():
                self._stop(live)
            case Pause():
                live.going.clear()
            case Resume():
                live.going.set()
            case Answer(question=question, text=text):
                if live.asked and live.asked.question == question and live.answer and not live.answer.done():
                    live.answer.set_result(text)
        live.session.extension.tell(live.state())

    def _forget(self) -> None:
        ended = [run for run, live in self._live.items() if live.run.outcome]
        for run in ended[:-MOST_ENDED]:
            del self._live[run]

    def _stop(self, live: Live) -> None:
        if live.task and not live.task.done():
            live.task.cancel()

    def _retell(self, live: Live) -> None:
        for news in (live.state(), *live.steps, *([live.asked] if live.asked else [])):
            live.session.extension.tell(news)

    # ------------------------------------------------------------ one run

    def _start(self, session: Session, wish: Start) -> None:
        if any(live.wish == wish.wish for live in self._live.values()):
            return
        others = (live for live in self._live.values() if live.session is session and not live.run.outcome)
        if any(live.tab == wish.tab for live in others):
            session.extension.tell(Refusal(message="a run is at work in this tab; stop it, or use another tab"))
            return
        live = Live(Run(new_id(), self._in_context(wish), "", started=time.time()), session, wish.tab, wish.wish)
        live.going.set()
        self._live[live.run.id] = live
        live.task = asyncio.create_task(self._carry_out(live))
        live.task.add_done_callback(lambda task: self._fell(live, task))

    def _fell(self, live: Live, task: asyncio.Task[None]) -> None:
        """A fault of ours in one run: its person is told, the server and the other runs go on."""
        if task.cancelled() or not (fault := task.exception()):
            return
        traceback.print_exception(fault)
        live.error = f"a fault of autoglm itself: {type(fault).__name__}: {fault}; please report it"
        live.run = replace(live.run, outcome="failed")
        live.session.extension.tell(live.state())

    def _in_context(self, wish: Start) -> str:
        before = self._store.run(wish.run).run if wish.run else None
        model = self.choices.model if self.choices.base_url else self._given.model
        return in_context(wish.task, before, model)

    async def _carry_out(self, live: Live) -> None:
        tell, extension, choices = live.session.extension.tell, live.session.extension, self.choices
        try:
            async with AsyncExitStack() as opened:
                model = await self._model(live, choices, opened)
                live.run = replace(live.run, model=model.name)
                tell(live.state())
                tabs = ExtensionTabs(extension, live.run.id, live.tab, watched=choices.pictures)
                opened.push_async_callback(tabs.close)
                browser = CdpBrowser(tabs, await tabs.open(), screenshots=choices.pictures, answer_s=ANSWER_S)
                opened.push_async_callback(browser.close)
                opened.callback(self._keep_last, live, browser)
                going = Going(
                    live.run,
                    Pointing(browser, live),
                    model,
                    self._store,
                    human=Person(live),
                    policy=Careful(self.policy) if choices.careful else self.policy,
                    limits=Limits(choices.steps, 60.0 * choices.minutes),
                )
                await self._follow(live, going)
        except AutoGLMError as error:
            live.error = str(error)
            live.run = replace(live.run, outcome="stopped" if isinstance(error, TakenAway) else "failed")
        except asyncio.CancelledError:  # Stop; the tab is let go, the run is told, so it ends here
            live.run = replace(live.run, outcome="stopped")
        finally:
            tell(live.state())
            self._forget()

    async def _model(self, live: Live, choices: Choices, opened: AsyncExitStack) -> Model:
        """The one that `autoglm serve` has, or that of the person's choice, which is told no key of ours."""

        def overheard(text: str) -> None:
            live.session.extension.tell(Thinking(run=live.run.id, index=len(live.steps), text=text))

        if not choices.base_url:
            return self._connect(overheard)
        model = await opened.enter_async_context(OpenAIModel(choices.base_url, choices.model or None))
        await model.find_name()
        return model.heard_by(overheard)

    def _keep_last(self, live: Live, browser: CdpBrowser) -> None:
        """How the run left the page, as its last look shows it, or the newest picture of its tab."""
        front, pictures = browser.front, live.session.extension.pictures
        if picture := live.left or (pictures.get(front.tab) if isinstance(front, ExtensionCdp) else None):
            self._store.keep(live.run.id, len(live.steps), picture)

    async def _follow(self, live: Live, going: Going) -> None:
        try:
            async with aclosing(going.steps()) as steps:
                async for step in steps:
                    live.steps.append(_news(live.run, step))
                    live.left = step.observation.screenshot if isinstance(step.action, Finish) else None
                    live.session.extension.tell(live.steps[-1])
                    self._note_speed(live.session, step)
                    await live.going.wait()
        finally:
            live.run = going.run

    def _note_speed(self, session: Session, step: Step) -> None:
        """Tokens a second of a whole answer, reading the page included: what the person waits for."""
        if step.completion and step.completion.completion_tokens and step.seconds.model:
            speed = step.completion.completion_tokens / step.seconds.model
            self._tokens_per_s = round(speed, 1)
            session.extension.tell(self.status())


class Person:
    """`seams.Human`: whoever sits before the panel."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._count = 0

    async def ask(self, question: str, kind: Asked = "ask") -> str | None:
        live = self._live
        self._count += 1
        live.answer = asyncio.get_running_loop().create_future()
        live.asked = Question(run=live.run.id, question=self._count, kind=kind, text=question)
        live.session.extension.tell(live.state())
        live.session.extension.tell(live.asked)
        try:
            return await live.answer
        finally:
            live.asked = live.answer = None
            live.session.extension.tell(live.state())


class Pointing:
    """A browser that first tells the panel where it is about to act, and does not act while the run is paused."""

    def __init__(self, browser: CdpBrowser, live: Live) -> None:
        self._browser = browser
        self._live = live
        self._page = Observation("", "")

    async def observe(self) -> Observation:
        self._page = await self._browser.observe()
        return self._page

    async def act(self, action: OnElement | OnBrowser) -> Acted:
        await self._live.going.wait()  # the model may have been asked before the person paused
        ref = getattr(action, "ref", None)
        element = self._page.find(ref) if isinstance(ref, int) else None
        front = self._browser.front
        if element and element.box and isinstance(front, ExtensionCdp):
            box = (element.box.x, element.box.y, element.box.width, element.box.height)
            did = describe(action, self._page)
            self._live.session.extension.tell(Point(run=self._live.run.id, tab=front.tab, box=box, label=did))
        return await self._browser.act(action)

    async def close(self) -> None:
        await self._browser.close()


def in_context(task: str, before: Run | None, model: str) -> str:
    """The task; of a conversation, with what was asked and found before. The model that ships was taught one task at a
    time, and takes what is said of another for what to do."""
    if before is None or model == EMBEDDED:
        return task
    said = f" Result: {before.answer}" if before.answer else ""
    return f"{task}\n(Before this: {before.task.partition(chr(10))[0]}{said})"


def _news(run: Run, step: Step) -> StepDone:
    return StepDone(
        run=run.id,
        index=step.index,
        did=_cut(describe(step.action, step.observation) if step.action else ""),
        thinking=_cut(step.completion.thinking if step.completion else ""),
        outcome=_cut(step.outcome or ""),
        error=_cut(step.error or ""),
        seconds=round(step.seconds.observe + step.seconds.model + step.seconds.act, 3),
        picture=step.observation.screenshot is not None,
    )


def _cut(text: str) -> str:
    return text if len(text) <= MOST_WORDS else f"{text[: MOST_WORDS - 2]} …"


def _read_choices(path: Path) -> Choices:
    """What was kept; the usual ones when there is nothing, or nothing that this version understands."""
    try:
        return Choices.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError):
        return Choices()
