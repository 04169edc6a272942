"""A recorded run replayed, or made into a test, by the command line in a process of its own. Knows no panel."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

How = Literal["replay", "export"]


async def redo(
    run: str, how: How, data: Path, command: tuple[str, ...] = (sys.executable, "-m", "autoglm")
) -> AsyncGenerator[str | bytes]:
    """What it says line by line, then the file that it made; b"" for none. Raises RedoFailed.

    What the run sent is sent again: whoever calls has asked for that. Closing the generator ends the process.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"test_{run}.py"
        into = ("-o", str(file)) if how == "export" else ()
        process = await asyncio.create_subprocess_exec(
            *(*command, how, run, "--yes-effects", *into),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=PIPE,
            env=os.environ | {"AUTOGLM_DATA": str(data), "NO_COLOR": "1"},
        )
        assert process.stderr
        last = ""
        try:
            async for line in process.stderr:
                said = re.split(r"[\r\n]", line.decode(errors="replace").rstrip())[-1]  # a progress bar's last state
                if said.strip():
                    last = said.replace(folder, "")
                    yield last
            code = await process.wait()
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
        if code:
            raise RedoFailed(last or f"`autoglm {how} {run}` ended with exit {code}; run it in a terminal")
        yield file.read_bytes() if file.exists() else b""


class RedoFailed(Exception):
    """With the command's last words."""
