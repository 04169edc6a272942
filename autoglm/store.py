"""Runs and their steps on disk: one SQLite file, the screenshots beside it. Knows nothing of browsers or models.

<data>/runs.db                        runs, steps, intents
<data>/screenshots/<run>/0001.jpg     what step 1 saw
<data>/downloads/<run>/               files that pages gave
<data>/alive/<run>                    locked by the process that carries the run out, for as long as it lives
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Literal

from platformdirs import user_data_path

from autoglm.codec import from_json, to_json
from autoglm.errors import StoreError
from autoglm.types import Action, Run, Step

State = Literal["ended", "running", "died", "in doubt"]


@dataclass(frozen=True, slots=True)
class Recording:
    """A run as it stands on disk."""

    run: Run
    steps: int
    seconds: float
    """From the start to the last thing recorded."""
    state: State
    """`in doubt`: the process died after saying what it would do and before saying what came of it."""
    pending: Action | None = None
    """What it was about to do; perhaps it was done."""


def data_directory() -> Path:
    given = os.environ.get("AUTOGLM_DATA")
    return Path(given).expanduser() if given else user_data_path("autoglm", appauthor=False)


def new_id(now: float | None = None) -> str:
    """Ten letters and digits that sort by the second: six of time, four of chance. No i l o u, nothing to confuse."""
    seconds = int(time.time() if now is None else now) - _EPOCH
    return _base32(seconds, 6) + _base32(secrets.randbits(20), 4)


_EPOCH = 1_735_689_600  # 2025-01-01; 30 bits of seconds last until 2059
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # https://www.crockford.com/base32.html


def _base32(number: int, length: int) -> str:
    return "".join(_DIGITS[number >> 5 * i & 31] for i in reversed(range(length)))


# The schema is this list applied in order; `user_version` counts how many were. Append to it, never change an entry.
MIGRATIONS: tuple[Sequence[str], ...] = (
    (
        """CREATE TABLE runs (
            id TEXT PRIMARY KEY, started REAL NOT NULL, changed REAL NOT NULL, outcome TEXT, json TEXT NOT NULL
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX runs_started ON runs (started)",
        """CREATE TABLE steps (
            run TEXT NOT NULL REFERENCES runs, "index" INTEGER NOT NULL, json TEXT NOT NULL,
            PRIMARY KEY (run, "index")
        ) STRICT""",
        """CREATE TABLE intents (
            run TEXT NOT NULL REFERENCES runs, "index" INTEGER NOT NULL, at REAL NOT NULL, json TEXT NOT NULL,
            PRIMARY KEY (run, "index")
        ) STRICT""",
    ),
)


class SqliteStore:
    def __init__(self, directory: Path | None = None) -> None:
        """Opens or makes the recordings of `directory` (the user's data directory). Raises StoreError."""
        self.directory = directory or data_directory()
        self.path = self.directory / "runs.db"
        self._locks: dict[str, IO[bytes]] = {}
        with self._explained():
            self.directory.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, timeout=10, isolation_level=None)
        try:
            self._open()
        except StoreError:
            self._db.close()
            raise

    def close(self) -> None:
        self._db.close()
        for run_id in tuple(self._locks):
            self._let_go(run_id)

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---------------------------------------------------------------- append

    def start(self, run: Run) -> None:
        with self._explained():
            self._locks[run.id] = _lock(self._alive(run.id))
            self._db.execute(
                "INSERT INTO runs (id, started, changed, outcome, json) VALUES (?, ?, ?, ?, ?)",
                (run.id, run.started, time.time(), run.outcome, _dump(run)),
            )

    def intend(self, run: Run, index: int, action: Action) -> None:
        with self._explained():
            self._db.execute(
                'INSERT INTO intents (run, "index", at, json) VALUES (?, ?, ?, ?)',
                (run.id, index, time.time(), _dump(action, Action)),
            )

    def append(self, run: Run, step: Step) -> None:
        with self._explained():
            if step.observation.screenshot:
                self.keep(run.id, step.index, step.observation.screenshot)
            bare = replace(step, observation=replace(step.observation, screenshot=None))
            with self._transaction():
                self._db.execute(
                    'INSERT INTO steps (run, "index", json) VALUES (?, ?, ?)', (run.id, step.index, _dump(bare))
                )
                self._db.execute("UPDATE runs SET changed = ? WHERE id = ?", (time.time(), run.id))

    def rewrite(self, run_id: str, step: Step) -> None:
        """Puts a step in the place of the recorded one; its screenshot stays."""
        with self._explained():
            bare = replace(step, observation=replace(step.observation, screenshot=None))
            self._db.execute(
                'UPDATE steps SET json = ? WHERE run = ? AND "index" = ?', (_dump(bare), run_id, step.index)
            )

    def end(self, run: Run) -> None:
        with self._explained():
            self._db.execute(
                "UPDATE runs SET outcome = ?, changed = ?, json = ? WHERE id = ?",
                (run.outcome, time.time(), _dump(run), run.id),
            )
            self._let_go(run.id)

    # ---------------------------------------------------------------- read

    def runs(self) -> list[Recording]:
        """The oldest first."""
        with self._explained():
            return [self._recording(row) for row in self._db.execute(f"{_RECORDINGS} ORDER BY started, id")]

    def run(self, name: str) -> Recording:
        """The run with this id, with this unique beginning of an id, or the `last` one. Raises StoreError."""
        with self._explained():
            if name == "last":
                found = self._db.execute(f"{_RECORDINGS} ORDER BY started DESC, id DESC LIMIT 1").fetchall()
            elif name.isalnum():
                found = self._db.execute(f"{_RECORDINGS} WHERE id LIKE ? ORDER BY id", (f"{name}%",)).fetchall()
            else:
                found = []
        if not found:
            raise StoreError(f"no run {name!r} in {self.path}; `autoglm runs` lists them")
        if len(found) > 1:
            several = " ".join(row[0] for row in found[:5])
            raise StoreError(f"{len(found)} runs begin with {name!r}: {several}; type more of the id")
        return self._recording(found[0])

    def steps(self, run_id: str) -> list[Step]:
        """With their screenshots, as far as they are still there."""
        with self._explained():
            rows = self._db.execute('SELECT json FROM steps WHERE run = ? ORDER BY "index"', (run_id,)).fetchall()
            return [self._with_screenshot(run_id, _load(Step, text)) for (text,) in rows]

    def screenshots(self, run_id: str) -> Path:
        """The folder."""
        return self.directory / "screenshots" / run_id

    def downloads(self, run_id: str) -> Path:
        """The folder for the files that a page gives."""
        return self.directory / "downloads" / run_id

    def screenshot(self, run_id: str, index: int) -> Path | None:
        """The file with what a step saw."""
        paths = (self.screenshots(run_id) / f"{index + 1:04}.{ending}" for ending in ("jpg", "png"))
        return next(filter(Path.is_file, paths), None)

    # ---------------------------------------------------------------- helpers

    def _open(self) -> None:
        with self._explained():
            # FULL, not WAL's usual NORMAL: with NORMAL a power cut may take back a commit that was acknowledged.
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA foreign_keys = ON")
            if self._version() < len(MIGRATIONS):
                self._db.execute("PRAGMA journal_mode = WAL")
                self._migrate()
            found = self._version()
        if found > len(MIGRATIONS):
            raise StoreError(
                f"{self.path} was written by a newer autoglm: its schema is {found}, this one knows "
                f"{len(MIGRATIONS)}; update autoglm, or set AUTOGLM_DATA to another directory"
            )

    def _version(self) -> int:
        return self._db.execute("PRAGMA user_version").fetchone()[0]

    def _migrate(self) -> None:
        with self._transaction():
            done = self._version()  # again: another process may have been quicker
            for statements in MIGRATIONS[done:]:
                for statement in statements:
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _recording(self, row: tuple[str, str, float, float, int, str | None]) -> Recording:
        run_id, text, started, changed, steps, intent = row
        run = _load(Run, text)
        pending = _load(Action, intent) if intent else None
        return Recording(run, steps, max(changed - started, 0.0), self._state(run, pending, run_id), pending)

    def _state(self, run: Run, pending: Action | None, run_id: str) -> State:
        if run.outcome:
            return "ended"
        if run_id in self._locks or _is_locked(self._alive(run_id)):
            return "running"
        return "in doubt" if pending else "died"

    def _with_screenshot(self, run_id: str, step: Step) -> Step:
        path = self.screenshot(run_id, step.index)
        return replace(step, observation=replace(step.observation, screenshot=path.read_bytes())) if path else step

    def keep(self, run_id: str, index: int, image: bytes) -> None:
        """What a step saw, on disk when this returns; after the last step, how the run left the page."""
        ending = "png" if image.startswith(b"\x89PNG") else "jpg"
        path = self.screenshots(run_id) / f"{index + 1:04}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(image)
            file.flush()
            os.fsync(file.fileno())

    def _alive(self, run_id: str) -> Path:
        return self.directory / "alive" / run_id

    def _let_go(self, run_id: str) -> None:
        if lock := self._locks.pop(run_id, None):
            lock.close()
            self._alive(run_id).unlink(missing_ok=True)

    @contextmanager
    def _transaction(self) -> Generator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Generator[None]:
        """Whatever SQLite or the disk says, with the file and a next step."""
        try:
            yield
        except sqlite3.IntegrityError as error:
            raise StoreError(f"{self.path}: {error}; was this run recorded before?") from error
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"cannot use {self.path}: {error}; look at the disk and the rights, or set AUTOGLM_DATA to "
                "another directory"
            ) from error
        except ValueError as error:
            raise StoreError(f"{self.path} holds what cannot be read: {error}") from error


# One row a run; `intent` is the action of the last intent that no step answered.
_RECORDINGS = """
    SELECT id, json, started, changed, (SELECT count(*) FROM steps WHERE steps.run = runs.id),
        (SELECT json FROM intents WHERE intents.run = runs.id AND NOT EXISTS (
            SELECT 1 FROM steps WHERE steps.run = intents.run AND steps."index" = intents."index")
         ORDER BY "index" DESC LIMIT 1)
    FROM runs"""


def _dump(value: object, as_type: Any = None) -> str:
    return json.dumps(to_json(value, as_type), ensure_ascii=False, separators=(",", ":"))


def _load(as_type: Any, text: str) -> Any:
    return from_json(as_type, json.loads(text))


if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _lock(path: Path) -> IO[bytes]:
    """The system lets go of it when this process ends, however it ends; an id of a process might be used again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("wb")
    _take(file)
    return file


def _is_locked(path: Path) -> bool:
    try:
        with path.open("ab") as file:
            _take(file)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
