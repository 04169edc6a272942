"""Rehearses a script and proves a test, each in a pytest of its own with a fresh browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autoglm.errors import ExportError
from autoglm.export.mutants import Mutant
from autoglm.export.script import Script
from autoglm.export.source import Rehearsed, files_folder, rehearsal

INSTALL = "pip install 'autoglm[test]'"
MOST_S = 900

Progress = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Fate:
    """What a test made of one page."""

    mutant: Mutant | None
    """None for the page as it is."""
    passed: bool
    applied: bool
    """Whether the page could be changed so."""
    seconds: float
    why: str

    @property
    def right(self) -> bool:
        return self.passed == (self.mutant is None or self.mutant.harmless)


@dataclass(frozen=True, slots=True)
class Proof:
    fates: tuple[Fate, ...]

    @property
    def page(self) -> Fate:
        return self.fates[0]

    @property
    def broken(self) -> list[Fate]:
        return [fate for fate in self.fates if fate.mutant and not fate.mutant.harmless and fate.applied]

    @property
    def harmless(self) -> list[Fate]:
        return [fate for fate in self.fates if fate.mutant and fate.mutant.harmless and fate.applied]

    @property
    def not_made(self) -> list[Fate]:
        return [fate for fate in self.fates if fate.mutant and not fate.applied]

    @property
    def holds(self) -> bool:
        made = [self.page, *self.broken, *self.harmless]
        return bool(self.broken) and all(fate.right for fate in made)


def rehearse(script: Script, secrets: Mapping[str, str]) -> Rehearsed:
    """Which ways hold on the page as it is now. `secrets`: by variable the value. Raises ExportError."""
    with _folder() as folder:
        news = list(_play(folder, rehearsal(script), script, secrets, ()))
    told = next((each for each in news if "chosen" in each), None)
    outcome = next((each for each in news if "outcome" in each), None)
    if not told or not outcome or outcome["outcome"] != "passed":
        raise ExportError(_not_repeated(script, outcome))
    chosen = {int(line): way for line, way in told["chosen"].items()}
    sent = {int(line): [(key, name) for key, name in pairs] for line, pairs in told["requests"].items()}
    return Rehearsed(chosen, sent)


def prove(
    source: str, script: Script, secrets: Mapping[str, str], mutants: Sequence[Mutant], *, progress: Progress
) -> Proof:
    """What the test makes of the page and of its mutants. Raises ExportError when it does not pass on the page."""
    fates: list[Fate] = []
    with _folder() as folder:
        for fate in _fates(_play(folder, source, script, secrets, mutants), mutants):
            if not fates and not fate.passed:
                raise ExportError(f"the test does not pass a second time on the page itself: {fate.why}")
            fates.append(fate)
            if fate.mutant:
                progress(f"{len(fates) - 1}/{len(mutants)} {fate.seconds:4.1f} s  {_line(fate)}")
    if not fates:
        raise ExportError("pytest ended without running the test; please report it")
    return Proof(tuple(fates))


def trace(source: str, script: Script, secrets: Mapping[str, str], into: Path) -> None:
    """Playwright's trace of the test on the page as it is. Raises ExportError."""
    with _folder() as folder:
        more = ("--tracing=on", f"--output={folder / 'traces'}")
        # To the end: the trace is written when the test is over.
        fates = list(_fates(_play(folder, source, script, secrets, (), *more), ()))
        if not fates or not fates[0].passed:
            raise ExportError(
                f"the run does not repeat on the page: {fates[0].why if fates else 'pytest did not run it'}"
            )
        found = sorted((folder / "traces").rglob("*.zip"))
        if not found:
            raise ExportError("Playwright wrote no trace; is pytest-playwright up to date?")
        shutil.copyfile(found[0], into)


def formatted(source: str) -> str:
    """As `ruff format` has it. Raises ExportError when ruff is not there."""
    ruff = shutil.which("ruff", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if not ruff:
        raise ExportError(f"export needs ruff to lay the test out: {INSTALL}")
    command = [ruff, "format", "--isolated", "--no-cache", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False, encoding="utf-8")
    if done.returncode:
        raise ExportError(f"the test that was written is no Python: {done.stderr.strip()[:400]}; please report it")
    return done.stdout


def needs() -> None:
    """Raises ExportError when what an export needs is not installed."""
    missing = [name for name in ("pytest", "pytest_playwright") if not find_spec(name)]
    if missing:
        raise ExportError(f"export needs {' and '.join(missing)}: {INSTALL}")


# ---------------------------------------------------------------- a pytest of its own


def _play(
    folder: Path,
    source: str,
    script: Script,
    secrets: Mapping[str, str],
    mutants: Sequence[Mutant],
    *more: str,
) -> Iterator[dict[str, Any]]:
    """What the stage tells, as it comes."""
    test, play, out = folder / f"{script.name}.py", folder / "play.json", folder / "out.jsonl"
    test.write_text(source, encoding="utf-8")
    given = folder / files_folder(script)
    for file in script.files:
        given.mkdir(exist_ok=True)
        shutil.copy(file, given)
    out.write_text("", encoding="utf-8")
    play.write_text(json.dumps({"mutants": [each.json() for each in mutants], "out": str(out)}), encoding="utf-8")
    command = [
        *(sys.executable, "-m", "pytest", str(test), "-q", "--color=no", "--tb=short", "-p", "no:cacheprovider"),
        *("--rootdir", str(folder), "-c", os.devnull, "--confcutdir", str(folder), "--import-mode=importlib"),
        *("-p", "pytest_playwright.pytest_playwright", "-p", "autoglm.export.stage", "--autoglm-play", str(play)),
        *(more or (f"--output={folder / 'results'}",)),
    ]
    ours = str(Path(__file__).parents[2])
    env = {**os.environ, **secrets, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    env["PYTHONPATH"] = os.pathsep.join([ours, *filter(None, [os.environ.get("PYTHONPATH")])])
    log = (folder / "log.txt").open("w+", encoding="utf-8")
    with log, subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT) as process:
        told_any = False
        try:
            for line in _lines(out, process):
                told_any = True
                yield json.loads(line)
        finally:
            if process.poll() is None:
                process.terminate()
        if not told_any:
            log.seek(0)
            raise ExportError(f"pytest could not run the test: {log.read()[-1500:]}")


def _lines(file: Path, process: subprocess.Popen[bytes]) -> Iterator[str]:
    until, begun = time.monotonic() + MOST_S, ""
    with file.open(encoding="utf-8") as lines:
        while True:
            ended = process.poll() is not None
            for piece in iter(lines.readline, ""):
                begun += piece  # a long line is written in parts
                if begun.endswith("\n"):
                    yield begun
                    begun = ""
            if ended or time.monotonic() > until:
                return
            time.sleep(0.05)


def _fates(news: Iterator[dict[str, Any]], mutants: Sequence[Mutant]) -> Iterator[Fate]:
    for each in news:
        if "outcome" in each:
            number: int = each["mutant"]
            passed, mutant = each["outcome"] == "passed", mutants[number] if number >= 0 else None
            yield Fate(mutant, passed, each["applied"] or mutant is None, each["seconds"], each["why"])


@contextmanager
def _folder() -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="autoglm-export-") as folder:
        yield Path(folder)


def _line(fate: Fate) -> str:
    assert fate.mutant
    if not fate.applied:
        return f"could not be made: {fate.mutant.about}"
    what = "still passes" if fate.passed else "fails"
    return f"{'ok' if fate.right else 'NO'}  {what}: {fate.mutant.about}"


def _not_repeated(script: Script, outcome: Mapping[str, Any] | None) -> str:
    why = outcome["why"] if outcome else "the browser was not started"
    return (
        f"run {script.run} cannot be repeated, so there is no test of it: {why}\n"
        "look whether the page can be reached and is as it was before the run (the same rows, the same login), "
        "then export again"
    )
