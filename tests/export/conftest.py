"""One Chromium and one local site for all tests of this folder; a store for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from autoglm.browser.find import find_browser
from autoglm.browser.playwright_pipe import PlaywrightPipe, launch
from autoglm.store import SqliteStore
from tests.site.server import Site, serve

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The browser lives in the session's loop, so its tests run there too.
    for item in items:
        if isinstance(item, pytest.Function) and item.path.is_relative_to(HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pipe() -> AsyncIterator[PlaywrightPipe]:
    async with launch(find_browser()) as pipe:
        yield pipe


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "data") as store:
        yield store
