"""Forms that share nothing with the training data: how many of them the real loop, browser and model fill in right.

    python -m tests.bench.other_forms [--count 40 | --seeds A:B] [--model embedded | oracle] [--base-url URL] [--json]

Even seeds are English, odd ones Chinese. A run is right when the form was submitted exactly once, everything asked for
arrived as asked, everything else as the page had it, and the agent finished with success. `--model oracle` fills the
forms in from the answers, through the same loop and browser: it proves that pages and answers can be trusted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.find import find_browser
from autoglm.browser.playwright_pipe import launch
from autoglm.dialects.ref import RefDialect, unparse
from autoglm.errors import AutoGLMError
from autoglm.seams import Cdp, Grammar, Model
from autoglm.types import (
    Action,
    Check,
    Click,
    Completion,
    Element,
    Finish,
    Goto,
    Limits,
    Message,
    Observation,
    Select,
    Step,
    Type,
)
from tests.bench.harness import evaluate, model_at, seeds, site, steps_of, wilson
from tests.bench.other_forms_pages import Form, Shown, make_form
from tests.bench.other_forms_sites import Value

LIMITS = Limits(steps=40, seconds=120)
STATE = "({state: __state(), before: __before, submitted: window.__submitted ?? null, count: __count, side: __side})"


MIDDLE = """n => {
  const r = (n.offsetWidth < 2 ? n.labels[0] : n).getBoundingClientRect();
  return [r.x + r.width / 2, r.y + r.height / 2];
}"""


@dataclass(slots=True)
class Result:
    """One form, as it ended."""

    form: Form
    right: bool = False
    steps: list[str] = field(default_factory=list[str])
    cause: str = ""
    """Of the first wrong step; empty when right."""
    where: str = ""
    """Kind and labelling of the field it was about."""
    detail: str = ""
    missed: list[str] = field(default_factory=list[str])
    """Fields that did not arrive as they should: key, wanted, got."""
    prompt: str = ""
    """What the model read at the first wrong step."""
    fields_right: int = 0
    """Of the fields that were asked for, as they arrived or stood at the end."""
    model_s: list[float] = field(default_factory=list[float])

    def to_json(self) -> dict[str, Any]:
        form = self.form
        return {
            "seed": form.seed, "site": form.site.name, "language": form.language, "style": form.style,
            "fields": len(form.shown), "asked": form.asked, "right": self.right, "fields_right": self.fields_right,
            "cause": self.cause, "where": self.where, "detail": self.detail, "missed": self.missed,
            "task": form.task, "steps": self.steps, "prompt": self.prompt,
            "model_s": [round(s, 3) for s in self.model_s],
        }  # fmt: skip


# ---------------------------------------------------------------- one run


class RememberingBrowser(CdpBrowser):
    """Keeps the last look for the oracle."""

    seen = Observation("", "")

    async def observe(self) -> Observation:
        self.seen = await super().observe()
        return self.seen


async def fill_in(form: Form, address: str, browser: RememberingBrowser, tab: Cdp, model: Model | None) -> Result:
    """`model` None: the oracle."""
    result = Result(form)
    await browser.act(Goto(address))
    await browser.observe()
    was: dict[str, Any] = await evaluate(tab, STATE)
    wanted = {**was["before"], **form.asked}
    taken: list[Step] = []
    try:
        async for step in steps_of(form.task, browser, model or Oracle(form, browser, tab), LIMITS):
            taken.append(step)
            now = await evaluate(tab, STATE)
            result.steps.append(told(step))
            result.model_s.append(step.seconds.model)
            if not result.cause and (found := what_is_wrong(step, was, now, wanted, form)):
                result.cause, result.detail = found
                result.where = where(step, was, now, form)
                result.prompt = RefDialect().render(form.task, taken[:-1], step.observation)[-1].content
            was = now
    except AutoGLMError as error:
        result.cause = result.cause or "error"
        result.detail = result.detail or str(error)
    got: dict[str, Any] = was["submitted"] or {}
    missed = [key for key, value in wanted.items() if got.get(key) != value]
    result.missed = [f"{key}: wanted {wanted[key]!r}, got {got.get(key)!r}" for key in missed]
    stood: dict[str, Any] = was["submitted"] or was["state"]
    result.fields_right = sum(stood.get(key) == value for key, value in form.asked.items())
    ended_well = bool(taken) and taken[-1].ends == "finished"
    result.right = not result.missed and was["count"] == 1 and not was["side"] and ended_well
    if result.right:
        result.cause = result.detail = result.prompt = ""
    elif not result.cause:
        result.cause = f"ended as {taken[-1].ends if taken else 'nothing'}"
        result.detail = result.steps[-1] if result.steps else ""
    return result


def told(step: Step) -> str:
    said = unparse(step.action) if step.action else "(no action)"
    return f"{said}  ! {step.error}" if step.error else said


def what_is_wrong(
    step: Step, was: dict[str, Any], now: dict[str, Any], wanted: dict[str, Value], form: Form
) -> tuple[str, str] | None:
    """(cause, detail) when this step took the run off its way."""
    said = told(step)
    if now["side"] != was["side"]:
        return "pressed another button", f"{said}: {now['side'][-1]}"
    state: dict[str, Value] = now["state"]
    for key, value in state.items():
        if value == was["state"].get(key) or value == wanted.get(key):
            continue
        if is_on_its_way(value, wanted.get(key)):
            continue
        return misfilled(key, value, form), f"{said}: {key} is {value!r}, wanted {wanted.get(key)!r}"
    if now["count"] > was["count"]:
        missed = [key for key, value in wanted.items() if now["submitted"].get(key) != value]
        if missed:
            return "submitted too early", f"{said}: without {', '.join(missed)}"
        return ("submitted twice", said) if now["count"] > 1 else None
    if isinstance(step.action, Finish):
        if not step.action.success:
            return "gave up", said
        return None if now["count"] else ("finished without submitting", said)
    if step.error:
        return ("no reply that can be read" if step.action is None else "a step that failed"), said
    if now["state"] == was["state"] and now["count"] == was["count"] and isinstance(step.action, Type | Select | Check):
        return "changed nothing", f"{said} -> {step.outcome}"
    return None


def is_on_its_way(value: Value, wanted: Value | None) -> bool:
    """Whether a list holds some of what it shall hold, and nothing else."""
    return isinstance(value, list) and isinstance(wanted, list) and set(value) < set(wanted)


def misfilled(key: str, value: Value, form: Form) -> str:
    if key not in form.asked:
        return "a field that was not asked for"
    if any(value == other for name, other in form.asked.items() if name != key):
        return "another field's value"
    match form.asked[key], value:
        case str(asked), str(got) if asked in got:
            return "value with words around it"
        case str(asked), str(got) if got and got in asked:
            return "value cut short"
        case str(_), str(got) if got in form.task:
            return "words of the task that are no value"
        case str(_), str(_):
            return "value miscopied or converted wrong"
        case _:
            return "choice wrong"


def where(step: Step, was: dict[str, Any], now: dict[str, Any], form: Form) -> str:
    changed = [key for key in now["state"] if now["state"][key] != was["state"].get(key)]
    shown = next((one for one in form.shown if one.field.key in changed), None)
    return f"{shown.field.kind}/{shown.technique}" if shown else ""


# ---------------------------------------------------------------- the oracle


class Oracle:
    """A model that knows the answers and finds each field by where it stands on the page."""

    name = "oracle"

    def __init__(self, form: Form, browser: RememberingBrowser, tab: Cdp) -> None:
        self._form, self._browser, self._tab = form, browser, tab

    async def complete(self, messages: Sequence[Message], grammar: Grammar | None) -> Completion:
        now: dict[str, Any] = await evaluate(self._tab, STATE)
        return Completion(unparse(await self._next(now)), model=self.name)

    async def _next(self, now: dict[str, Any]) -> Action:
        if now["count"]:
            return Finish("Sent the form.")
        for shown in self._form.shown:
            key = shown.field.key
            if key in self._form.asked and now["state"][key] != self._form.asked[key]:
                return await self._fill(shown, self._form.asked[key], now["state"][key])
        return Click((await self._at("document.querySelector('.go')", "Click")).ref)

    async def _fill(self, shown: Shown, value: Value, held: Value) -> Action:
        key = shown.field.key
        match shown.field.kind, value:
            case (("checkbox" | "switch"), bool(on)):
                box = await self._at(f"document.querySelector('[name={key}],[data-name={key}]')", "Check")
                return Check(box.ref, on)
            case "radio", str(option):
                return Check((await self._option(shown, option)).ref)
            case "checks", list(options):
                assert isinstance(held, list)
                return Check((await self._option(shown, next(o for o in options if o not in held))).ref)
            case (("select" | "multi"), _):
                options = (value,) if isinstance(value, str) else tuple(value if isinstance(value, list) else ())
                return Select((await self._at(f"document.querySelector('[name={key}]')", "Select")).ref, options)
            case _, str(text):
                return Type((await self._at(f"document.querySelector('[name={key}]')", "Type")).ref, text)
            case kind, other:
                raise TypeError(f"{kind} does not take {other!r}")

    async def _option(self, shown: Shown, option: str) -> Element:
        index = shown.field.options.index(option)
        return await self._at(f"document.querySelectorAll('[name={shown.field.key}]')[{index}]", "Check")

    async def _at(self, node: str, verb: str) -> Element:
        """The observed element that takes the verb and stands nearest to the node."""
        x, y = await evaluate(self._tab, f"({MIDDLE})({node})")

        def distance(element: Element) -> float:
            box = element.box
            assert box
            return max(box.x - x, x - box.x - box.width, 0) + max(box.y - y, y - box.y - box.height, 0) + (
                abs(box.x + box.width / 2 - x) + abs(box.y + box.height / 2 - y)
            ) / 1000  # fmt: skip

        able = [e for e in self._browser.seen.elements if verb in e.takes and e.box]
        if not able:
            raise AutoGLMError(f"the page script shows nothing that takes {verb} for {node}")
        return min(able, key=distance)


# ---------------------------------------------------------------- all runs


@asynccontextmanager
async def model_or_oracle(arguments: argparse.Namespace) -> AsyncGenerator[Model | None]:
    if arguments.model == "oracle":
        yield None
    else:
        async with model_at(arguments.base_url, arguments.model) as model:
            yield model


async def measure(arguments: argparse.Namespace) -> list[Result]:
    wanted = seeds(arguments.seeds) if arguments.seeds else range(arguments.count)
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder, site(Path(folder)) as base:
        async with model_or_oracle(arguments) as model, launch(find_browser(), headless=True) as pipe:
            for seed in wanted:
                form = make_form(seed)
                address = f"{base}/{publish(form, Path(folder))}"
                tabs = await pipe.tabs()  # each run in a fresh tab, as `autoglm run` has it
                tab = await tabs.open()
                browser = RememberingBrowser(tabs, tab)
                result = await fill_in(form, address, browser, tab, model)
                await browser.close()
                results.append(result)
                mark = "right" if result.right else f"WRONG  {result.cause}: {result.detail}"
                line = f"{seed:5} {form.site.name:11} {form.style:10} {len(form.shown):2}  {mark:.150}"
                print(line, file=sys.stderr, flush=True)
                if arguments.json:
                    print(json.dumps(result.to_json(), ensure_ascii=False), flush=True)
    return results


def publish(form: Form, folder: Path) -> str:
    """The name of its file in the folder that is served."""
    name = f"{form.site.name}-{form.seed}.html"
    (folder / name).write_text(form.html, encoding="utf-8")
    return name


def share(name: str, results: Sequence[Result]) -> str:
    right = sum(r.right for r in results)
    low, high = wilson(right, len(results))
    part = right / max(len(results), 1)
    return f"{name:14}{right:4} of {len(results):4}  {part:6.1%}  (95 % interval {low:.1%} to {high:.1%})"


def report(results: Sequence[Result]) -> str:
    lines = [share("all", results)]
    lines += [share(language, [r for r in results if r.form.language == language]) for language in ("en", "zh")]
    styles = sorted({r.form.style for r in results})
    lines += [share(style, [r for r in results if r.form.style == style]) for style in styles]
    lines.append(share("up to 6 fields", [r for r in results if len(r.form.shown) <= 6]))
    lines.append(share("7 to 12", [r for r in results if len(r.form.shown) > 6]))
    if times := [s for r in results for s in r.model_s]:
        lines.append(f"model, seconds a step: median {median(times):.2f}")
    fields, asked = sum(r.fields_right for r in results), sum(len(r.form.asked) for r in results)
    lines.append(f"of the fields asked for, right in the end: {fields} of {asked}, {fields / max(asked, 1):.1%}")
    wrong = [r for r in results if not r.right]
    lines += ["", "first wrong steps, by cause"]
    lines += [f"{count:4}  {cause}" for cause, count in Counter(r.cause for r in wrong).most_common()]
    for cause, _ in Counter(r.cause for r in wrong).most_common():
        lines += ["", f"## {cause}"]
        for r in (r for r in wrong if r.cause == cause):
            lines.append(f"  seed {r.form.seed} {r.form.site.name} {r.form.style} {r.where}")
            missed = f"{len(r.missed)} fields; {'; '.join(r.missed[:2])}" if r.missed else "nothing"
            lines.append(textwrap.indent(f"task: {r.form.task}\nstep: {r.detail}\nmissed: {missed}", "    "))
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seeds", metavar="A:B", help="instead of --count")
    parser.add_argument("--model", default="embedded", help="embedded, a checkpoint, or oracle")
    parser.add_argument("--base-url")
    parser.add_argument("--json", action="store_true", help="one object a form on stdout")
    print(report(asyncio.run(measure(parser.parse_args()))), file=sys.stderr)


if __name__ == "__main__":
    main()
