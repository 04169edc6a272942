"""A recorded run as one HTML page: self-contained, without scripts, for a desk and for a phone. Pure.

Everything a page or a model said is data here: Jinja escapes it, and the page's own policy lets nothing load or run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from autoglm.dialects import dialect_of
from autoglm.dialects.ref import describe
from autoglm.export.secret import secrets_of, without
from autoglm.schema import read_schema
from autoglm.store import Recording
from autoglm.types import Allow, AskFirst, Box, Drag, Expand, Observation, OnElement, Refuse, Seconds, Step, Viewport


def report(recording: Recording, steps: Sequence[Step]) -> str:
    """The whole page."""
    run = recording.run
    css = _css()
    told = _prompts(recording, steps)
    return _template(secrets_of(steps)).render(
        css=css,
        # The style is allowed by its hash and pictures only inline: https://www.w3.org/TR/CSP3/#match-element-to-source-list
        style_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        run=run,
        outcome=run.outcome or recording.state,
        started=datetime.fromtimestamp(run.started).astimezone(),
        seconds=recording.seconds,
        strip=list(_strip(steps)),
        shown=[_shown(step, prompt) for step, prompt in zip(steps, told, strict=True)],
        pending=describe(recording.pending, _last_page(steps)) if recording.pending else None,
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A step as the page tells it."""

    number: int
    title: str
    step: Step
    prompt: str
    verdict: str
    picture: str
    """As a data: URL; empty when there is none."""
    boxes: tuple[Box, ...]
    """What was acted on, as far as it was in view."""
    at: Viewport
    elsewhere: bool
    """Whether what was acted on was out of view."""

    @property
    def seconds(self) -> float:
        return _total(self.step.seconds)


@dataclass(frozen=True, slots=True)
class Bar:
    """A step on the strip above the timeline, in thousandths of its width."""

    number: int
    title: str
    x: float
    parts: tuple[tuple[str, float, float], ...]
    """What took the time, where it begins, how wide it is."""
    width: float
    wrong: bool


def _shown(step: Step, prompt: str) -> Shown:
    page = step.observation
    acted_on = [found for ref in _acted_on(step) if (found := page.find(ref))]
    boxes = tuple(element.box for element in acted_on if element.box)
    return Shown(
        step.index + 1,
        describe(step.action, page) if step.action else "No action",
        step,
        prompt,
        _verdict(step),
        _data_url(page.screenshot) if page.screenshot else "",
        boxes,
        page.viewport,
        len(boxes) < len(acted_on),
    )


def _acted_on(step: Step) -> list[int]:
    match step.action:
        case Drag(ref, to):
            return [ref] if to is None else [ref, to]
        case Expand():
            return []
        case action if isinstance(action, OnElement) and action.ref is not None:
            return [action.ref]
        case _:
            return []


def _verdict(step: Step) -> str:
    match step.verdict:
        case Allow():
            return "allowed"
        case AskFirst(question):
            return f"asked first: {question}"
        case Refuse(reason):
            return f"refused: {reason}"
        case None:
            return ""


def _strip(steps: Sequence[Step]) -> Iterator[Bar]:
    """The steps side by side, as wide as they took long, but never too narrow to hit."""
    least = 0.4 / max(len(steps), 1)
    whole = sum(_total(step.seconds) for step in steps) or 1.0
    x = 0.0
    for step in steps:
        share = least / len(steps) + (1 - least) * _total(step.seconds) / whole
        total, parts, at = _total(step.seconds) or 1.0, list[tuple[str, float, float]](), x
        for name, seconds in (
            ("observe", step.seconds.observe),
            ("model", step.seconds.model),
            ("act", step.seconds.act),
        ):
            width = 1000 * share * seconds / total
            parts.append((name, at, width))
            at += width
        yield Bar(step.index + 1, _title(step), x, tuple(parts), 1000 * share, bool(step.error))
        x += 1000 * share


def _title(step: Step) -> str:
    did = describe(step.action, step.observation) if step.action else "No action"
    return f"{step.index + 1}. {did}, {_total(step.seconds):.1f} s"


def _prompts(recording: Recording, steps: Sequence[Step]) -> Iterator[str]:
    """What the model was told at each step: the page and what was done, without the rules that are always the same."""
    run = recording.run
    dialect = dialect_of(run.model, read_schema(run.schema) if run.schema else None)
    for i, step in enumerate(steps):
        yield dialect.render(run.task, steps[:i], step.observation)[-1].content


def _last_page(steps: Sequence[Step]) -> Observation:
    return steps[-1].observation if steps else Observation("", "")


def _total(seconds: Seconds) -> float:
    return seconds.observe + seconds.model + seconds.act


def _data_url(image: bytes) -> str:
    form = "png" if image.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{form};base64,{base64.b64encode(image).decode()}"


def _template(secrets: Mapping[str, str]) -> Template:
    """In which secrets are named and never shown."""

    def shown(value: object) -> object:
        return without(secrets, value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(
        loader=PackageLoader("autoglm.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")


@cache
def _css() -> str:
    loader = PackageLoader("autoglm.report", ".")
    return loader.get_source(Environment(autoescape=True), "report.css")[0]
