"""The loop: observe, render, complete, parse, judge, act, record. Start reading here.

Command line, side panel and store consume the same stream of steps; closing the generator stops the run.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

from autoglm.errors import AutoGLMError, Mistake, TakenAway
from autoglm.seams import Browser, Dialect, Human, Model, Policy, Store
from autoglm.types import (
    Acted,
    Action,
    Allow,
    Ask,
    AskFirst,
    Expand,
    Extract,
    Finish,
    Limits,
    Message,
    Note,
    Observation,
    Refuse,
    Run,
    RunOutcome,
    Seconds,
    Step,
    TakeOver,
    Verdict,
    Wait,
)


async def run(
    run: Run,
    browser: Browser,
    model: Model,
    *,
    dialect: Dialect,
    policy: Policy,
    human: Human,
    store: Store,
    limits: Limits,
) -> AsyncGenerator[Step, None]:
    """One frozen step after another; the last one says how the run ends.

    What the model did wrong is told to it in the next step. Any other AutoGLMError is recorded in its step, then
    raised.
    """
    steps: list[Step] = []
    until = asyncio.get_running_loop().time() + limits.seconds
    while not (steps and steps[-1].ends):
        step, lost = Step(len(steps), Observation("", "")), None
        began = time.perf_counter()
        try:
            async with asyncio.timeout_at(until):
                page = await browser.observe()
                seen = time.perf_counter()
                step = replace(step, observation=page, seconds=Seconds(observe=seen - began))
                prompt = dialect.render(run.task, steps, page)
                completion = await model.complete(prompt, dialect.grammar(run.task, steps, page))
                said = time.perf_counter()
                step = replace(step, completion=completion, seconds=replace(step.seconds, model=said - seen))
                action = extract_first(run, dialect.parse(completion.text), steps)
                step = replace(step, action=action, verdict=policy.judge(action, page, run))
                refuse_repetition(action, page, steps)
                await permit(step.verdict, human)
                store.intend(run, step.index, action)
                extract = partial(read_data, run, steps, page, model, dialect)
                done, ends = await carry_out(action, page, steps, browser, human, extract)
                took = time.perf_counter() - said
                step = replace(step, outcome=done.said, targets=done.targets, ends=ends)
                step = replace(step, seconds=replace(step.seconds, act=took))
        except Mistake as mistake:
            step = replace(step, error=str(mistake), mistake=True)
        except TimeoutError:
            step = replace(step, error=f"the run's time limit of {limits.seconds:g} s is over", ends="limit")
        except AutoGLMError as error:
            ends = "stopped" if isinstance(error, TakenAway) else "failed"
            step, lost = replace(step, error=str(error), ends=ends), error
        step = within(limits, step, steps)
        store.append(run, step)
        steps.append(step)
        yield step
        if lost:
            raise lost


def conclude(run: Run, last: Step) -> Run:
    """The run as this step left it."""
    answer = last.action.message if isinstance(last.action, Finish) and not last.error else None
    data = last.outcome if isinstance(last.action, Extract) and not last.error else run.data
    return replace(run, outcome=last.ends or "stopped", answer=answer, data=data)


def extract_first(run: Run, action: Action, steps: Sequence[Step]) -> Action:
    """A run that is to return data does not finish well without: then the page is read before."""
    has_data = any(isinstance(step.action, Extract) and not step.error for step in steps)
    return Extract() if run.schema and isinstance(action, Finish) and action.success and not has_data else action


def refuse_repetition(action: Action, page: Observation, steps: Sequence[Step]) -> None:
    """Raises Mistake when the same step went well last, and left the page as it was; tries of it that did not go well,
    or that nobody knows of, do not count."""
    tried = itertools.takewhile(lambda step: step.action == action, reversed(steps))
    last = next((step for step in tried if not step.error), None)
    if last and not isinstance(action, Wait | Finish) and last.observation.same_page(page):
        raise Mistake("this very step was just taken and the page has not changed; do something else, or finish")


async def permit(verdict: Verdict | None, human: Human) -> None:
    """Raises Mistake for what the guard or the person refuses."""
    match verdict:
        case Refuse(reason):
            raise Mistake(f"refused: {reason}")
        case AskFirst(question):
            if (await human.ask(question, "approve") or "no").strip().lower() not in ("y", "yes", "ok", "好", "是"):
                raise Mistake(f"the person did not agree: {question}")
        case Allow() | None:
            pass


async def carry_out(
    action: Action,
    page: Observation,
    steps: Sequence[Step],
    browser: Browser,
    human: Human,
    extract: Callable[[], Awaitable[str]],
) -> tuple[Acted, RunOutcome | None]:
    """What came of it, and whether that ends the run."""
    match action:
        case Note(_):
            return Acted("noted"), None
        case Expand(ref):
            if not page.find(ref):
                raise Mistake(f"no element [{ref}] to expand from; there are {len(page.elements)} on this page")
            return Acted("opened"), None
        case Extract():
            return Acted(await extract()), None
        case Ask(question):
            answer = await human.ask(question)
            return (Acted("nobody is there to answer"), "needs_human") if answer is None else (Acted(answer), None)
        case TakeOver(reason):
            done = await human.ask(reason, "take_over")
            return (
                (Acted("nobody is there to do it"), "needs_human")
                if done is None
                else (Acted("the person did it"), None)
            )
        case Finish(message, success):
            await look_again(page, steps, browser)
            return Acted(message), "finished" if success else "failed"
        case _:
            return await browser.act(action), None


async def read_data(run: Run, steps: Sequence[Step], page: Observation, model: Model, dialect: Dialect) -> str:
    """The data so far with this page's, as JSON. The model is told what does not fit, once; then raises Mistake."""
    if not run.schema:
        raise Mistake("this run is to return no data; finish(message=…) says what was found")
    prompt, schema = dialect.ask_for_data(run.task, steps, page)
    answer = (await model.complete(prompt, schema)).text
    try:
        return dialect.read_data(answer, steps)
    except Mistake as mistake:
        prompt = [*prompt, Message("assistant", answer), Message("user", str(mistake))]
        return dialect.read_data((await model.complete(prompt, schema)).text, steps)


async def look_again(page: Observation, steps: Sequence[Step], browser: Browser) -> None:
    """A finish counts only on a page that is still as the model saw it; told once, for some pages never stand still."""
    told = bool(steps) and isinstance(steps[-1].action, Finish)
    if not told and not (await browser.observe()).same_page(page):
        raise Mistake("the page changed while you were finishing; look at it once more")


def within(limits: Limits, step: Step, steps: Sequence[Step]) -> Step:
    """The step, ended where a limit is reached."""
    if step.ends:
        return step
    recent = [*steps, step][-limits.mistakes :]
    if len(recent) == limits.mistakes and all(s.mistake for s in recent):
        return replace(step, ends="failed", error=f"{step.error} ({limits.mistakes} mistakes in a row end the run)")
    return replace(step, ends="limit") if step.index + 1 >= limits.steps else step
