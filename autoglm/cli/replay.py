"""`autoglm replay`: plays a recording again, once or for each row of a table, and tells how each step went."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.playwright_pipe import PlaywrightPipe, launch
from autoglm.browser.playwright_stage import stage
from autoglm.cli import Arguments
from autoglm.cli.run import listen_for_stop
from autoglm.codec import to_json
from autoglm.conditions import Condition, describe
from autoglm.dialects.ref import describe as describe_action
from autoglm.effects import effects
from autoglm.heal import ModelHeals
from autoglm.human import Nobody, Terminal
from autoglm.replay import (
    ConditionFailed,
    Done,
    Healed,
    NeedsPerson,
    NotDone,
    NotFound,
    Played,
    play,
    say,
    takes,
)
from autoglm.seams import Model
from autoglm.session import connect, start_server
from autoglm.store import SqliteStore, new_id
from autoglm.story import dump, pad
from autoglm.types import Step
from autoglm.values import ValueUnknown

WIDTH = 48
BAR = 24


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one replay ended."""

    given: Mapping[str, str]
    played: tuple[Played, ...]
    seconds: float

    @property
    def last(self) -> Played | None:
        return self.played[-1] if self.played else None

    @property
    def passed(self) -> bool:
        return all(isinstance(each, Done | Healed) for each in self.played)


async def replay(args: Arguments) -> int:
    listen_for_stop()
    with SqliteStore() as store:
        run = store.run(args.run).run
        steps = store.steps(run.id)
        try:
            rows: list[dict[str, str]] = _rows(args.csv) if args.csv else [{}]
            given = [{**row, **dict(args.set)} for row in rows]
            script, *_ = [takes(steps, each) for each in given]
        except (ValueUnknown, OSError, UnicodeDecodeError, csv.Error) as error:
            print(f"autoglm: {error}", file=sys.stderr)
            return 2
        if not script:
            print(f"autoglm: run {run.id} did nothing that could be played again; show it", file=sys.stderr)
            return 1
        if not args.yes_effects and not await _agreed(steps, len(given)):
            return 3
        async with AsyncExitStack() as opened:
            pipe = await opened.enter_async_context(launch(headless=not args.headed))
            heal = ModelHeals(_once(opened, args))
            played: list[Outcome] = []
            for i, row in enumerate(given):
                if args.csv:
                    _progress(i, len(given))
                played.append(await _play(pipe, store, steps, row, heal, args, len(script)))
        if args.csv:
            _progress(len(given), len(given))
            _table(played)
        if args.write:
            _write(store, run.id, played)
        _conclude(played, len(script), args)
        return _code(played)


async def _play(
    pipe: PlaywrightPipe,
    store: SqliteStore,
    steps: Sequence[Step],
    given: Mapping[str, str],
    heal: ModelHeals,
    args: Arguments,
    count: int,
) -> Outcome:
    """One replay, in a profile of its own."""
    began = time.perf_counter()
    tabs = await pipe.tabs(downloads=store.downloads(new_id()))
    browser = CdpBrowser(tabs, await tabs.open())
    played: list[Played] = []
    pause_s = 1 / args.speed if args.speed else 0.0
    try:
        async with (
            stage(browser) as on,
            aclosing(play(steps, on, given=given, heal=heal, pause_s=pause_s)) as results,
        ):
            async for result in results:
                played.append(result)
                if not args.csv:
                    print(line(result, len(played)), file=sys.stderr, flush=True)
                if args.json:
                    print(dump({**result_object(result), **({"values": given} if given else {})}), flush=True)
    finally:
        await browser.close()
    return Outcome(given, tuple(played), time.perf_counter() - began)


async def _agreed(steps: Sequence[Step], times: int) -> bool:
    """Whether what the run changes may be changed again; says so when nobody is there to be asked."""
    changed = effects(steps)
    if not changed:
        return True
    often = f"{times} times" if times > 1 else "again"
    told = "\n  ".join(changed)
    if not sys.stdin.isatty():
        why = "nobody is there to be asked; --yes-effects allows it"
        print(f"autoglm: this would be done {often}:\n  {told}\n{why}", file=sys.stderr)
        return False
    person = Terminal() if sys.stdin.isatty() else Nobody()
    answer = await person.ask(f"This would be done {often}:\n  {told}\nGo on?", "approve")
    return (answer or "no").strip().lower() in ("y", "yes", "ok")


def _once(opened: AsyncExitStack, args: Arguments) -> Any:
    """Reaches the model when it is asked for first; most replays never ask."""
    reached: list[Model] = []

    async def reach() -> Model:
        if not reached:
            print("  a locator failed; asking the model", file=sys.stderr, flush=True)
            server = (
                None if args.base_url else await opened.enter_async_context(start_server(args.model, sys.stderr.write))
            )
            model = await opened.enter_async_context(await connect(server, args.base_url, args.model, args.api_key))
            await model.find_name()
            reached.append(model)
        return reached[0]

    return reach


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [{name: text for name, text in row.items() if name and text} for row in csv.DictReader(file)]
    if not rows:
        raise ValueUnknown(f"{path} has no rows; its first line names the fields, each further one is a replay")
    return rows


# ---------------------------------------------------------------- telling


def line(result: Played, number: int) -> str:
    """`  3  Click [13] button "Send"    role button "Send"    0.1 s`, and below it what went wrong."""
    step = result.step
    did = describe_action(step.action, step.observation) if step.action else ""
    text = f"{number:3}  {pad(did, WIDTH)} {pad(_word(result), 14)} {result.seconds:5.1f} s"
    return "\n".join([text, *(f"     {mark} {more}" for mark, more in _more(result))])


def _word(result: Played) -> str:
    match result:
        case Done(_, _, way):
            return f"by {way.kind}" if way else "done"
        case Healed():
            return "healed"
        case NotFound():
            return "not found"
        case NotDone():
            return "not done"
        case ConditionFailed():
            return "went otherwise"
        case NeedsPerson():
            return "a person did"


def _more(result: Played) -> list[tuple[str, str]]:
    match result:
        case Done():
            return []
        case Healed(_, _, was, now):
            return [("-", say(was.locators[0])), ("+", say(now.locators[0]))] if now.locators else []
        case ConditionFailed(_, _, failed, healed):
            told = [("!", f"it does not hold that {describe(each)}") for each in failed]
            return [*([("!", "done on what the model said; not kept")] if healed else []), *told]
        case NotFound(why=why) | NotDone(why=why) | NeedsPerson(why=why):
            return [("!", why)]


def result_object(result: Played) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "played",
        "index": result.step.index,
        "result": type(result).__name__,
        "seconds": round(result.seconds, 4),
    }
    match result:
        case Done(_, _, way):
            return {**found, "way": to_json(way)}
        case Healed(_, _, was, now):
            return {**found, "was": to_json(was), "now": to_json(now)}
        case ConditionFailed(_, _, failed, healed):
            told = [{**_condition(each), "says": describe(each)} for each in failed]
            return {**found, "failed": told, "healed": healed}
        case NotFound(why=why) | NotDone(why=why) | NeedsPerson(why=why):
            return {**found, "why": why}


def _condition(condition: Condition) -> dict[str, Any]:
    made = to_json(condition, Condition)
    assert isinstance(made, dict)
    return made


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        full = round(BAR * done / of)
        end = "\n" if done == of else ""
        sys.stderr.write(f"\r[{'#' * full}{'.' * (BAR - full)}] {done} of {of} rows{end}")
        sys.stderr.flush()


def _table(played: Sequence[Outcome]) -> None:
    names = list(dict.fromkeys(name for each in played for name in each.given))
    widths = [max(len(name), *(len(each.given.get(name, "")) for each in played)) for name in names]
    print(
        "  ".join([*(name.ljust(width) for name, width in zip(names, widths, strict=True)), "result"]), file=sys.stderr
    )
    for each in played:
        cells = [each.given.get(name, "").ljust(width) for name, width in zip(names, widths, strict=True)]
        said = "passed" if each.passed else _failure(each)
        print("  ".join([*cells, f"{said}  {each.seconds:.1f} s"]), file=sys.stderr)


def _failure(outcome: Outcome) -> str:
    if outcome.last is None:
        return "nothing was done"
    more = _more(outcome.last)
    return f"step {outcome.last.step.index + 1} {_word(outcome.last)}" + (f": {more[-1][1]}" if more else "")


def _conclude(played: Sequence[Outcome], count: int, args: Arguments) -> None:
    passed = sum(each.passed for each in played)
    healed = sum(isinstance(result, Healed) for each in played for result in each.played)
    seconds = sum(each.seconds for each in played)
    if args.json:
        told = {"type": "replay", "passed": passed, "of": len(played), "healed": healed, "seconds": round(seconds, 3)}
        print(dump(told), flush=True)
        return
    if args.csv:
        print(f"{passed} of {len(played)} rows passed, {seconds:.1f} s")
    elif passed:
        print(f"passed: {count} of {count} steps, {seconds:.1f} s" + (f", {healed} healed" if healed else ""))
    else:
        print(f"failed: {_failure(played[0])}")
    if healed and passed and not args.write:
        print("what was healed is not kept; --write keeps it in the recording", file=sys.stderr)


def _write(store: SqliteStore, run_id: str, played: Sequence[Outcome]) -> None:
    """Keeps what was healed, of a replay that passed as a whole."""
    for outcome in played:
        for result in outcome.played if outcome.passed else ():
            if isinstance(result, Healed):
                recorded = next(step for step in store.steps(run_id) if step.index == result.step.index)
                targets = tuple(result.now if each == result.was else each for each in recorded.targets)
                store.rewrite(run_id, replace(recorded, targets=targets))


def _code(played: Sequence[Outcome]) -> int:
    if any(isinstance(each.last, NeedsPerson) for each in played):
        return 3
    return 0 if all(each.passed for each in played) else 1
