"""The pytest plugin: exported tests find the browser of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.hasplugin("playwright") or config.pluginmanager.hasplugin(
        "pytest_playwright.pytest_playwright"
    ):
        # Registered now, after pytest-playwright's own, this fixture stands before that of the same name.
        config.pluginmanager.register(BrowserOfThisMachine(), "autoglm-browser")


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
