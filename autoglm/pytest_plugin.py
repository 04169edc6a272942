"""The pytest plugin: `agent.run("…")` in a test, and exported tests find the browser of this machine.

A run is carried out by the model once; its recording is kept beside the test, and played again without a model from
then on. What the page no longer does, or does otherwise, fails the test.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest

if TYPE_CHECKING:
    from autoglm.testing import Agent

Record = Literal["once", "none", "all"]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("autoglm", "AutoGLM")
    group.addoption(
        "--autoglm-record",
        choices=("once", "none", "all"),
        default="once",
        help="when the model carries a run out: where there is no recording of it (once), never (none), or always "
        "(all). Default: once.",
    )


def pytest_configure(config: pytest.Config) -> None:
    named = ("playwright", "pytest_playwright.pytest_playwright")
    if any(map(config.pluginmanager.hasplugin, named)):
        # Registered now, after pytest-playwright's own, this fixture stands before that of the same name.
        config.pluginmanager.register(BrowserOfThisMachine(), "autoglm-browser")


@pytest.fixture(scope="session")
def autoglm_model() -> Mapping[str, str | None]:
    """What carries runs out that are not recorded yet: `model`, `base_url` and `api_key`, as for `autoglm.run`. To be
    overridden; the model that ships."""
    return {}


@pytest.fixture
def agent(request: pytest.FixtureRequest, autoglm_model: Mapping[str, str | None]) -> Agent:
    """Carries out what a person would ask for; see autoglm.testing.Agent."""
    from autoglm.testing import Agent

    mode = cast("Record", request.config.getoption("--autoglm-record"))
    output = request.config.getoption("--output", default="test-results")
    name = "".join(letter if letter.isalnum() or letter == "_" else "-" for letter in request.node.name).strip("-")
    return Agent(
        request.path.parent / "recordings" / f"{request.path.stem}-{name}.json",
        Path(str(output)) / f"{request.path.stem}-{name}",
        mode,
        autoglm_model,
    )


class BrowserOfThisMachine:
    @pytest.fixture(scope="session")
    def browser_type_launch_args(
        self, browser_type_launch_args: dict[str, Any], browser_type: Any, browser_name: str
    ) -> dict[str, Any]:
        """Where Playwright's own Chromium was not downloaded, and no channel is named: what autoglm would use."""
        named = {"channel", "executable_path"} & set(browser_type_launch_args)
        if named or browser_name != "chromium" or Path(browser_type.executable_path).exists():
            return browser_type_launch_args
        from autoglm.browser.find import find_browser

        return {**browser_type_launch_args, "executable_path": str(find_browser().path)}
