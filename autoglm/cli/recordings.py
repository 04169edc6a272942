"""`autoglm runs` and `autoglm show`: what the store holds, for people and programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from autoglm.cli import Arguments
from autoglm.dialects.ref import describe
from autoglm.errors import StoreError
from autoglm.store import Recording, SqliteStore
from autoglm.story import dump, run_line, run_object, step_line, step_object
from autoglm.types import Observation, Step


def runs(args: Arguments) -> int:
    with SqliteStore() as store:
        recordings = store.runs()
    for recording in recordings:
        print(dump(run_object(recording)) if args.json else _line(recording))
    if not recordings:
        print(f"no runs in {store.path} yet; `autoglm run --task …` makes one", file=sys.stderr)
    return 0


def show(args: Arguments) -> int:
    with SqliteStore() as store:
        recording = store.run(args.run)
        steps = store.steps(recording.run.id)
        shots = store.screenshots(recording.run.id)
        paths = [store.screenshot(recording.run.id, step.index) for step in steps]
    if args.html:
        return write_report(recording, steps, args.output)
    if args.json:
        for step, path in zip(steps, paths, strict=True):
            print(dump(step_object(step, path)))
        print(dump(run_object(recording)))
        return 0
    run = recording.run
    print(f"{run.id}  {_when(run.started)}  {run.model}\ntask: {run.task}\n")
    for step in steps:
        print(step_line(step))
    if recording.pending:
        page = steps[-1].observation if steps else Observation("", "")
        print(f"     ? {describe(recording.pending, page)}: about to be done when the process ended, perhaps done")
    print(f"\n{run_line(recording)}")
    if run.data:
        print(f"data: {run.data}")
    if any(paths):
        print(f"screenshots: {shots}")
    return 0


def write_report(recording: Recording, steps: Sequence[Step], file: Path | None) -> int:
    """The page's path is on stdout."""
    from autoglm.report import report

    into = file or Path(f"run-{recording.run.id}.html")
    try:
        into.write_text(report(recording, steps), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"cannot write {into}: {error.strerror}; name another file with -o") from error
    print(into)
    return 0


def _line(recording: Recording) -> str:
    run = recording.run
    task = " ".join(run.task.split())
    task = task if len(task) <= 60 else task[:59] + "…"
    what = run.outcome or recording.state
    return f"{run.id}  {_when(run.started)}  {what:<11}  {recording.steps:3} steps  {recording.seconds:6.1f} s  {task}"


def _when(at: float) -> str:
    return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M}"
