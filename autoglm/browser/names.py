"""File names for what a page gives: safe ones, none of them taken."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

LONGEST = 120
"""Bytes of a name, in a file system that takes 255, with room for a number."""
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
"""https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""


def reserve(folder: Path, suggested: str) -> Path:
    """An empty file made just now in `folder`, called as much like `suggested` as is safe. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    safe = PurePosixPath(safe_name(suggested))
    for number in range(1, 10_000):
        path = folder / (safe.name if number == 1 else f"{safe.stem} ({number}){safe.suffix}")
        try:
            path.open("xb").close()
        except FileExistsError:
            continue
        return path
    raise OSError(f"{folder} has 10,000 files called {safe.name}")


def safe_name(suggested: str) -> str:
    """A name that is a plain file in any folder: no folders, no hidden file, no name that a system keeps for itself."""
    name = re.split(r"[/\\]", suggested)[-1]
    name = re.sub(r'[\x00-\x1f\x7f<>:"|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]', "_", name).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix.encode()) > 16:
        stem, dot, suffix = name, "", ""
    stem = stem.encode()[: LONGEST - len(suffix.encode())].decode(errors="ignore").strip(" .")
    safe = f"{stem or 'download'}{dot}{suffix}"
    return f"_{safe}" if RESERVED.fullmatch(safe) else safe
