"""`autoglm export`: a run becomes a test, data or a trace. The file's path is on stdout, the proof on stderr."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from autoglm.cli import Arguments
from autoglm.effects import effects
from autoglm.errors import ExportError
from autoglm.export.form import dump_run
from autoglm.export.mutants import mutants
from autoglm.export.prove import Fate, Proof, formatted, needs, prove, rehearse, trace
from autoglm.export.scenes import Story, story
from autoglm.export.script import Script
from autoglm.export.secret import secrets_of
from autoglm.export.source import Rehearsed, files_folder, test_module
from autoglm.export.write import write
from autoglm.store import SqliteStore
from autoglm.types import Run, Step


def export(args: Arguments) -> int:
    with SqliteStore() as store:
        run = store.run(args.run).run
        steps = store.steps(run.id)
    if args.format == "json":
        text = json.dumps(dump_run(run, steps), ensure_ascii=False, indent=1)
        _written(args.output or Path(f"{run.id}.json"), text + "\n")
        return 0
    needs()
    told = story(run, steps)
    script = write(run, steps, told, args.output.stem if args.output else run.id)
    if not _agreed(steps, times="once" if args.format == "trace" else "several times", yes=args.yes_effects):
        _tell("nothing was done and nothing written; --yes-effects says yes beforehand")
        return 3
    secrets = _secrets(steps)
    _tell("rehearsing it in a fresh browser")
    rehearsed = rehearse(script, secrets)
    source = formatted(test_module(script, rehearsed))
    if args.format == "trace":
        into = args.output or Path(f"{run.id}.zip")
        trace(source, script, secrets, into)
        print(into)
        return 0
    return _prove_and_write(args, run, script, rehearsed, told, secrets)


def _prove_and_write(
    args: Arguments, run: Run, script: Script, rehearsed: Rehearsed, told: Story, secrets: dict[str, str]
) -> int:
    source = formatted(test_module(script, rehearsed))
    made = mutants(told)
    _tell(f"proving it on the page and on {len(made)} other versions of it")
    proof = prove(source, script, secrets, made, progress=_tell)
    for line in report(proof):
        _tell(line)
    if not proof.holds and not args.unproved:
        raise ExportError(
            f"the test of run {run.id} is not proved and was not written; --unproved writes it all the same"
        )
    into = args.output or Path(f"{script.name}.py")
    _written(into, source)
    for file in script.files:
        folder = into.with_name(files_folder(script))
        folder.mkdir(exist_ok=True)
        shutil.copy(file, folder)
    return 0 if proof.holds else 1


def report(proof: Proof) -> list[str]:
    """How many of each kind, and each that went wrong."""
    caught = sum(fate.right for fate in proof.broken)
    passed = sum(fate.right for fate in proof.harmless)
    lines = [
        f"on the page itself: passes, {proof.page.seconds:.1f} s",
        f"on broken pages:    fails on {caught} of {len(proof.broken)}",
        f"on harmless pages:  passes on {passed} of {len(proof.harmless)}",
    ]
    if proof.not_made:
        lines.append(
            f"not made:           {len(proof.not_made)} ({'; '.join(_about(fate) for fate in proof.not_made)})"
        )
    for fate in (*proof.broken, *proof.harmless):
        if not fate.right:
            lines.append(f"  {'still passes' if fate.passed else 'fails'} when {_about(fate)}")
            lines += [f"    {line}" for line in fate.why.splitlines()[:3]]
    if not proof.broken:
        lines.append("no broken page could be made, so nothing is proved")
    return lines


def _about(fate: Fate) -> str:
    return fate.mutant.about if fate.mutant else "the page is as it is"


def _agreed(steps: Sequence[Step], *, times: str, yes: bool) -> bool:
    """Whether what the run did out there may be done again."""
    done = effects(steps)
    if not done or yes:
        return True
    _tell(f"this does again, {times}, what the run did:")
    for line in done:
        _tell(f"  {line}")
    if not sys.stdin.isatty():
        return False
    print("Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _secrets(steps: Sequence[Step]) -> dict[str, str]:
    """By variable the value: the environment's, else the recorded one."""
    return {name: os.environ.get(name) or text for text, name in secrets_of(steps).items()}


def _written(into: Path, text: str) -> None:
    try:
        into.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ExportError(f"cannot write {into}: {error.strerror}; name another file with -o") from error
    print(into)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
