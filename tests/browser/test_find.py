"""Which browser is used, in which order, and what is said when there is none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autoglm.browser.find import find_browser
from autoglm.errors import BrowserMissing


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without a browser."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "ms-playwright"))
    monkeypatch.delenv("AUTOGLM_BROWSER", raising=False)
    return tmp_path


def _program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\nprint('Chromium 1.2.3 built somewhere')\n")
    path.chmod(0o755)
    return path


def test_a_path_comes_before_the_environment_before_the_installed(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, named, installed = (_program(bare / name) for name in ("mine", "named", "chromium"))
    assert (find_browser().path, find_browser().origin) == (installed, "installed")
    monkeypatch.setenv("AUTOGLM_BROWSER", str(named))
    assert (find_browser().path, find_browser().origin) == (named, "environment")
    assert (find_browser(given).path, find_browser(given).origin) == (given, "argument")
    assert find_browser().version == "Chromium 1.2.3"


def test_playwrights_newest_download_comes_last(bare: Path) -> None:
    for build in ("chromium-999", "chromium-1200"):
        _program(bare / "ms-playwright" / build / "chrome-linux" / "chrome")
    found = find_browser()
    assert found.origin == "playwright" and "chromium-1200" in str(found.path)


def test_without_any_browser_it_says_how_to_get_one(bare: Path) -> None:
    if Path("/opt/google/chrome/chrome").exists():
        pytest.skip("this machine has a Chrome in its usual place")
    with pytest.raises(BrowserMissing, match="autoglm browser --install"):
        find_browser()


def test_a_path_that_is_no_program_is_told(bare: Path) -> None:
    with pytest.raises(BrowserMissing, match="is no program that can be run"):
        find_browser(bare / "nowhere")
