"""What several folders share: the local site, one Chromium, and the loop in which it lives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from autoglm.browser.find import find_browser
from autoglm.browser.playwright_pipe import PlaywrightPipe, launch
from tests.site.server import Site, serve

# Derandomized: the same cases on every machine. A shared core may stall, so no example has a deadline.
settings.register_profile("tests", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

IN_ONE_LOOP = tuple(Path(__file__).parent / folder for folder in ("browser", "export", "extension", "replay"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The browser lives in the session's loop, so its tests run there too.
    for item in items:
        there = any(item.path.is_relative_to(folder) for folder in IN_ONE_LOOP)
        if there and isinstance(item, pytest.Function) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with serve() as site:
        yield site


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pipe() -> AsyncIterator[PlaywrightPipe]:
    async with launch(find_browser()) as pipe:
        yield pipe
