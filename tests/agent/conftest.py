from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from autoglm.store import SqliteStore


@pytest.fixture
def store(tmp_path: Path) -> Generator[SqliteStore]:
    with SqliteStore(tmp_path) as store:
        yield store
