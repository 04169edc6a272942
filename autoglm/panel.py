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

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.extension_pipe import ExtensionTabs
from autoglm.dialects.ref import describe
from autoglm.errors import AutoGLMError, StoreError
from autoglm.listen import Session
from autoglm.policy import BasicPolicy
from autoglm.protocol import (
    Answer,
    FromPerson,
    List,
    Pause,
    Point,
    Question,
    Recording,
    Refusal,
    Resume,
    Runs,
    RunState,
    Settings,
    Show,
    Start,
    Status,
    StepDone,
    Stop,
    Thinking,
)
from autoglm.seams import Asked, Browser, Model, Policy
from autoglm.session import Going
from autoglm.store import SqliteStore, new_id
from autoglm.story import run_object, step_object
from autoglm.types import Acted, Limits, Observation, OnBrowser, OnElement, Run, Step

MOST_ENDED = 20
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
        policy: Policy | None = None,
    ) -> None:
        self._store = store
        self.policy = policy or BasicPolicy()
        self._connect = connect
        """A model that tells what it writes as it writes it."""
        self.status = status
        self._live: dict[str, Live] = {}
        """With the last ones that ended, for a panel that was away meanwhile."""

    async def close(self) -> None:
        for live in [*self._live.values()]:
            self._stop(live)
        await asyncio.gather(*(live.task for live in self._live.values() if live.task), return_exceptions=True)

    def tell_status(self, status: Status, sessions: list[Session]) -> None:
        self.status = status
        for session in sessions:
            session.extension.tell(status)

    def joined(self, session: Session) -> None:
        """How things stand, for a panel that has just come, or come back."""
        session.extension.tell(self.status)
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
                session.extension.tell(self.status)
                session.extension.tell(Runs(runs=tuple(run_object(each) for each in self._store.runs()[:-101:-1])))
                self.joined(session)
            case Show(run=run):
                recording = self._store.run(run)
                steps = tuple(
                    step_object(step) | {"did": describe(step.action, step.observation) if step.action else ""}
                    for step in self._store.steps(recording.run.id)
                )
                session.extension.tell(Recording(run=run_object(recording), steps=steps))
            case Settings(steps=steps):
                if steps is not None:
                    self.status = self.status.model_copy(update={"steps": steps})
                session.extension.tell(self.status)
            case Stop() | Pause() | Resume() | Answer():
                live = self._live.get(wish.run)
                if live is None or live.session is not session or live.run.outcome:
                    session.extension.tell(Refusal(run=wish.run, message="this run is over"))
                else:
                    self._steer(live, wish)

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
        """The task; of a conversation, with what was asked and found before."""
        if not wish.run:
            return wish.task
        before = self._store.run(wish.run).run
        said = f" Result: {before.answer}" if before.answer else ""
        return f"{wish.task}\n(Before this: {before.task.partition(chr(10))[0]}{said})"

    async def _carry_out(self, live: Live) -> None:
        tell = live.session.extension.tell
        try:
            async with AsyncExitStack() as opened:
                model = self._connect(lambda text: self._overheard(live, text))
                live.run = replace(live.run, model=model.name)
                tell(live.state())
                tabs = ExtensionTabs(live.session.extension, live.run.id, live.tab)
                opened.push_async_callback(tabs.close)
                browser = CdpBrowser(tabs, await tabs.open(), screenshots=True, answer_s=ANSWER_S)
                opened.push_async_callback(browser.close)
                going = Going(
                    live.run,
                    Pointing(browser, live),
                    model,
                    self._store,
                    human=Person(live),
                    policy=self.policy,
                    limits=Limits(self.status.steps),
                )
                await self._follow(live, going)
        except AutoGLMError as error:
            live.error = str(error)
            live.run = replace(live.run, outcome="failed")
        except asyncio.CancelledError:  # Stop; the tab is let go, the run is told, so it ends here
            live.run = replace(live.run, outcome="stopped")
        finally:
            tell(live.state())
            self._forget()

    async def _follow(self, live: Live, going: Going) -> None:
        try:
            async with aclosing(going.steps()) as steps:
                async for step in steps:
                    live.steps.append(_news(live.run, step))
                    live.session.extension.tell(live.steps[-1])
                    self._note_speed(live.session, step)
                    await live.going.wait()
        finally:
            live.run = going.run

    def _note_speed(self, session: Session, step: Step) -> None:
        """Tokens a second of a whole answer, reading the page included: what the person waits for."""
        if step.completion and step.completion.completion_tokens and step.seconds.model:
            speed = step.completion.completion_tokens / step.seconds.model
            self.status = self.status.model_copy(update={"tokens_per_s": round(speed, 1)})
            session.extension.tell(self.status)

    def _overheard(self, live: Live, text: str) -> None:
        live.session.extension.tell(Thinking(run=live.run.id, index=len(live.steps), text=text))


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
        live.session.extension.tell(live.asked)
        live.session.extension.tell(live.state())
        try:
            return await live.answer
        finally:
            live.asked = live.answer = None
            live.session.extension.tell(live.state())


class Pointing:
    """A browser that first tells the panel where it is about to act."""

    def __init__(self, browser: Browser, live: Live) -> None:
        self._browser = browser
        self._live = live
        self._page = Observation("", "")

    async def observe(self) -> Observation:
        self._page = await self._browser.observe()
        return self._page

    async def act(self, action: OnElement | OnBrowser) -> Acted:
        ref = getattr(action, "ref", None)
        element = self._page.find(ref) if isinstance(ref, int) else None
        if element and element.box:
            box = (element.box.x, element.box.y, element.box.width, element.box.height)
            did = describe(action, self._page)
            self._live.session.extension.tell(Point(run=self._live.run.id, tab=self._live.tab, box=box, label=did))
        return await self._browser.act(action)

    async def close(self) -> None:
        await self._browser.close()


def _news(run: Run, step: Step) -> StepDone:
    return StepDone(
        run=run.id,
        index=step.index,
        did=describe(step.action, step.observation) if step.action else "",
        thinking=step.completion.thinking if step.completion else "",
        outcome=step.outcome or "",
        error=step.error or "",
        seconds=round(step.seconds.observe + step.seconds.model + step.seconds.act, 3),
    )
