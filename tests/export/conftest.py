"""One Chromium and one local site for all tests of this folder; a store for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from autoglm.store import SqliteStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "data") as store:
        yield store
