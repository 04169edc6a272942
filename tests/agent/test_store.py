from __future__ import annotations

import sqlite3
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from autoglm.errors import StoreError
from autoglm.store import MIGRATIONS, SqliteStore, data_directory, new_id
from autoglm.types import Click, Completion, Element, Finish, Observation, Run, Seconds, Step, Text
from tests.agent.doubles import JPEG

PAGE = Observation(
    "http://localhost/",
    "首页",
    (Text("heading", "Hello"), Element(7, "button", "Send", takes=("Click",))),
    screenshot=JPEG,
)
STEP = Step(
    0, PAGE, Completion('do(action="Click", ref=7)'), Click(7), outcome="clicked", seconds=Seconds(0.1, 0.2, 0.3)
)
LAST = Step(1, PAGE, action=Finish("Sent."), outcome="Sent.", ends="finished")


def recorded(store: SqliteStore, run: Run, *steps: Step) -> Run:
    """A run from start to end."""
    store.start(run)
    for step in steps:
        if step.action:
            store.intend(run, step.index, step.action)
        store.append(run, step)
    ended = replace(run, outcome="finished", answer="Sent.")
    store.end(ended)
    return ended


def test_a_run_and_its_steps_come_back_as_they_were(store: SqliteStore) -> None:
    ended = recorded(store, Run(new_id(), "Send it", "m", ("open", "send"), 1_800_000_000.5), STEP, LAST)
    assert store.run(ended.id).run == ended
    assert store.steps(ended.id) == [STEP, LAST]
    assert [(r.run, r.steps, r.state) for r in store.runs()] == [(ended, 2, "ended")]


def test_screenshots_lie_beside_it_as_files(store: SqliteStore) -> None:
    run = recorded(store, Run(new_id(), "t", "m"), STEP, replace(LAST, observation=replace(PAGE, screenshot=None)))
    path = store.screenshot(run.id, 0)
    assert path
    assert path == store.screenshots(run.id) / "0001.jpg"
    assert path.read_bytes() == JPEG
    assert store.screenshot(run.id, 1) is None


def test_a_step_is_readable_after_its_screenshot_was_deleted(store: SqliteStore) -> None:
    run = recorded(store, Run(new_id(), "t", "m"), STEP)
    (store.screenshots(run.id) / "0001.jpg").unlink()
    assert store.steps(run.id) == [replace(STEP, observation=replace(PAGE, screenshot=None))]


def test_a_png_is_called_one(store: SqliteStore) -> None:
    page = replace(PAGE, screenshot=b"\x89PNG\r\n\x1a\n")
    run = recorded(store, Run(new_id(), "t", "m"), replace(STEP, observation=page))
    assert store.screenshot(run.id, 0) == store.screenshots(run.id) / "0001.png"


def test_a_run_is_found_by_a_unique_beginning_and_as_the_last(store: SqliteStore) -> None:
    for i, run_id in enumerate(("0aaaa1", "0aaaa2", "0bbbb1")):
        recorded(store, Run(run_id, f"task {i}", "m", started=i))
    assert store.run("0bb").run.task == "task 2"
    assert store.run("0AAAA1").run.task == "task 0"
    assert store.run("last").run.task == "task 2"
    with pytest.raises(StoreError, match="2 runs begin with '0a': 0aaaa1 0aaaa2; type more"):
        store.run("0a")


@pytest.mark.parametrize("name", ["zzz", "%", "_", ""])
def test_a_run_that_is_not_there_is_said_with_what_to_do(store: SqliteStore, name: str) -> None:
    recorded(store, Run("one", "t", "m"))
    with pytest.raises(StoreError, match="`autoglm runs` lists them"):
        store.run(name)


def test_the_same_id_twice_is_refused(store: SqliteStore) -> None:
    recorded(store, Run("one", "t", "m"))
    with pytest.raises(StoreError, match="recorded before"):
        store.start(Run("one", "t", "m"))


def test_a_run_that_goes_on_says_so_also_to_another_process(store: SqliteStore) -> None:
    run = Run(new_id(), "t", "m")
    store.start(run)
    with SqliteStore(store.directory) as other:
        assert other.run(run.id).state == "running"
    store.end(replace(run, outcome="stopped"))
    with SqliteStore(store.directory) as other:
        assert other.run(run.id).state == "ended"


def die(directory: Path, work: str) -> None:
    """Run `work` in a process that is then killed as hard as can be."""
    program = f"""
        import os, signal
        from pathlib import Path
        from autoglm.store import SqliteStore
        from autoglm.types import *
        store = SqliteStore(Path({str(directory)!r}))
        run = Run("r1", "t", "m")
        page = Observation("http://localhost/", "", screenshot=b"\\xff\\xd8 a picture")
        store.start(run)
        {work}
        print("acknowledged", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False)
    assert done.stdout == "acknowledged\n", done.stderr


def test_a_killed_process_loses_no_acknowledged_step(tmp_path: Path) -> None:
    die(tmp_path, "for i in range(20): store.append(run, Step(i, page, action=Click(i), outcome='ok'))")
    with SqliteStore(tmp_path) as store:
        assert [step.action for step in store.steps("r1")] == [Click(i) for i in range(20)]
        assert all(step.observation.screenshot == b"\xff\xd8 a picture" for step in store.steps("r1"))
        recording = store.run("r1")
    assert (recording.state, recording.pending, recording.run.outcome) == ("died", None, None)


def test_a_process_killed_between_intent_and_step_leaves_the_run_in_doubt(tmp_path: Path) -> None:
    die(tmp_path, "store.append(run, Step(0, page)); store.intend(run, 1, Click(7))")
    with SqliteStore(tmp_path) as store:
        recording = store.run("r1")
    assert (recording.state, recording.pending, recording.steps) == ("in doubt", Click(7), 1)


def test_a_newer_schema_is_refused_with_what_to_do(tmp_path: Path) -> None:
    SqliteStore(tmp_path).close()
    db = sqlite3.connect(tmp_path / "runs.db")
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    db.close()
    with pytest.raises(StoreError, match=r"written by a newer autoglm.*update autoglm"):
        SqliteStore(tmp_path)


def test_a_file_that_is_no_database_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "runs.db").write_text("these are my notes, not a database " * 100)
    with pytest.raises(StoreError, match=r"cannot use .*runs.db: file is not a database; .*AUTOGLM_DATA"):
        SqliteStore(tmp_path)


def test_a_directory_that_cannot_be_made_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="AUTOGLM_DATA"):
        SqliteStore(tmp_path / "file" / "below")


def test_a_row_that_cannot_be_read_is_named(store: SqliteStore) -> None:
    run = recorded(store, Run(new_id(), "t", "m"), STEP)
    db = sqlite3.connect(store.path)
    db.execute("""UPDATE steps SET json = '{"index": "one"}'""")
    db.commit()
    db.close()
    with pytest.raises(StoreError, match=r"holds what cannot be read.*Step lacks observation"):
        store.steps(run.id)


def test_two_processes_may_record_at_the_same_time(store: SqliteStore) -> None:
    with SqliteStore(store.directory) as other:
        one, two = Run("one", "t", "m"), Run("two", "t", "m")
        store.start(one)
        other.start(two)
        for i in range(5):
            store.append(one, replace(STEP, index=i))
            other.append(two, replace(STEP, index=i))
        assert [len(store.steps(run.id)) for run in (one, two)] == [5, 5]


def test_ids_sort_by_time_and_are_short() -> None:
    ids = [new_id(1_800_000_000 + i) for i in range(100)]
    assert ids == sorted(ids)
    assert len({new_id(1_800_000_000) for _ in range(100)}) > 95
    assert {len(each) for each in ids} == {10}


def test_the_environment_may_say_where_the_data_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AUTOGLM_DATA", str(tmp_path))
    assert data_directory() == tmp_path
