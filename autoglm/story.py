"""Steps and runs in the form people and programs read them. Returns text and objects, prints nothing."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

from autoglm.codec import to_json
from autoglm.dialects.grammar import flat
from autoglm.dialects.ref import describe
from autoglm.store import Recording
from autoglm.types import Action, Ask, Extract, Step

WIDTH = 64  # columns for what was done; with number and seconds the line fits a terminal of 80


def step_line(step: Step) -> str:
    """`  3  Click [13] button "Send"        0.8 s`, and below it what went wrong or was answered."""
    did = describe(step.action, step.observation) if step.action else "(no action)"
    seconds = step.seconds.observe + step.seconds.model + step.seconds.act
    line = f"{step.index + 1:3}  {pad(did, WIDTH)} {seconds:5.1f} s"
    if step.error:
        line += f"\n     ! {step.error}"
    elif isinstance(step.action, Ask | Extract):
        line += f"\n     > {flat(step.outcome or '', 300)}"
    return line


def step_object(step: Step, screenshot: Path | None = None) -> dict[str, Any]:
    said = {"error": step.error, "mistake": step.mistake} if step.error else {"outcome": step.outcome}
    return {
        "type": "step",
        "index": step.index,
        "action": to_json(step.action, Action),
        "url": step.observation.url,
        **said,
        "seconds": {name: round(seconds, 4) for name, seconds in _seconds(step).items()},
        **({"screenshot": str(screenshot)} if screenshot else {}),
    }


def run_line(recording: Recording) -> str:
    """`finished in 9 steps, 12.3 s: Sent the form.`"""
    run = recording.run
    steps = f"{recording.steps} {'step' if recording.steps == 1 else 'steps'}"
    line = f"{run.outcome or recording.state} in {steps}, {recording.seconds:.1f} s"
    return f"{line}: {run.answer}" if run.answer else line


def run_object(recording: Recording, error: str | None = None) -> dict[str, Any]:
    run = recording.run
    return {
        "type": "run",
        "id": run.id,
        "task": run.task,
        "model": run.model,
        "state": recording.state,
        "outcome": run.outcome,
        "answer": run.answer,
        **({"data": json.loads(run.data)} if run.data else {}),
        **({"error": error} if error else {}),
        **({"pending": to_json(recording.pending, Action)} if recording.pending else {}),
        "steps": recording.steps,
        "started": run.started,
        "seconds": round(recording.seconds, 3),
    }


def dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _seconds(step: Step) -> dict[str, float]:
    return {"observe": step.seconds.observe, "model": step.seconds.model, "act": step.seconds.act}


def pad(text: str, width: int) -> str:
    """To `width` columns of a terminal, in which a Chinese character takes two."""
    columns = 0
    for i, char in enumerate(text):
        columns += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if columns > width - 1 and i + 1 < len(text):
            return pad(text[: i - 1] + "…", width)
    return text + " " * (width - columns)
