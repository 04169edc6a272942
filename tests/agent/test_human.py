from __future__ import annotations

import asyncio
import os
from collections.abc import Generator

import pytest

from autoglm.human import Nobody, Terminal

Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Generator[Pipe]:
    """What the person reads from, what the test writes to."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


async def test_nobody_does_not_answer() -> None:
    assert await Nobody().ask("Which one?") is None


async def test_the_question_goes_to_stderr_and_a_line_comes_back(
    pipe: Pipe, capsys: pytest.CaptureFixture[str]
) -> None:
    os.write(pipe[1], "第二个\nlater\n".encode())
    terminal = Terminal(pipe[0])
    assert await terminal.ask("Which one?") == "第二个"
    assert await terminal.ask("And then?") == "later"
    out, err = capsys.readouterr()
    assert "Which one?" in err
    assert out == ""


async def test_the_loop_goes_on_while_the_person_thinks(pipe: Pipe) -> None:
    asking = asyncio.create_task(Terminal(pipe[0]).ask("Which one?"))
    for _ in range(5):
        await asyncio.sleep(0.01)
    assert not asking.done()
    os.write(pipe[1], b"this\n")
    assert await asyncio.wait_for(asking, 30) == "this"


async def test_the_end_of_the_input_is_no_answer() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    assert await Terminal(reading).ask("Which one?") is None
    os.close(reading)
