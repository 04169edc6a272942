"""Which Chrome or Chromium to use on this machine, and how to get one. Starts none but to ask for its version."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autoglm.errors import BrowserMissing

VARIABLE = "AUTOGLM_BROWSER"

Origin = Literal["argument", "environment", "installed", "playwright"]


@dataclass(frozen=True, slots=True)
class FoundBrowser:
    path: Path
    origin: Origin
    version: str
    """As the browser says it: `Chromium 156.0.8078.79`; empty where asking would open a window (Windows, macOS)."""


def find_browser(path: str | os.PathLike[str] | None = None) -> FoundBrowser:
    """The browser given, named by AUTOGLM_BROWSER, installed, or downloaded by Playwright. Raises BrowserMissing."""
    if path:
        return _given(Path(path), "argument")
    if named := os.environ.get(VARIABLE):
        return _given(Path(named), "environment")
    for candidate in _installed():
        return FoundBrowser(candidate, "installed", version_of(candidate))
    for candidate in _downloaded():
        return FoundBrowser(candidate, "playwright", version_of(candidate))
    raise BrowserMissing(
        "no Chrome or Chromium found on PATH, in the usual folders or among Playwright's downloads; "
        f"install one with `autoglm browser --install`, or set {VARIABLE} to the path of one"
    )


def install() -> None:
    """Download Playwright's Chromium, its progress shown as it comes. Raises BrowserMissing when that fails."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    code = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    if code:
        raise BrowserMissing(
            f"`{' '.join(command)}` ended with code {code}; its own message is above. "
            f"Without a network, install Chromium some other way and set {VARIABLE} to its path"
        )


def version_of(path: Path) -> str:
    if sys.platform in ("win32", "darwin"):
        return ""
    said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
    return " ".join(said.stdout.split()[:2])


def _given(path: Path, origin: Origin) -> FoundBrowser:
    executable = shutil.which(path)
    if executable is None:
        raise BrowserMissing(f"{path} ({origin}) is no program that can be run; give the path of a Chrome or Chromium")
    return FoundBrowser(Path(executable), origin, version_of(Path(executable)))


def _installed() -> Iterator[Path]:
    for name in ("google-chrome-stable", "google-chrome", "chrome", "chromium", "chromium-browser"):
        if executable := shutil.which(name):
            yield Path(executable)
    yield from filter(Path.is_file, _usual_places())


def _usual_places() -> Iterator[Path]:
    match sys.platform:
        case "darwin":
            for app in ("Google Chrome", "Chromium", "Google Chrome for Testing"):
                for root in (Path("/Applications"), Path.home() / "Applications"):
                    yield root / f"{app}.app" / "Contents" / "MacOS" / app
        case "win32":
            for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
                if root := os.environ.get(variable):
                    yield Path(root) / "Google" / "Chrome" / "Application" / "chrome.exe"
                    yield Path(root) / "Chromium" / "Application" / "chrome.exe"
        case _:
            yield Path("/opt/google/chrome/chrome")


def _downloaded() -> Iterator[Path]:
    """Playwright's own browsers, newest first. https://playwright.dev/python/docs/browsers#managing-browser-binaries"""
    folders = [folder for folder in _playwright_root().glob("chromium-*") if folder.name.split("-")[1].isdigit()]
    for folder in sorted(folders, key=lambda folder: int(folder.name.split("-")[1]), reverse=True):
        for pattern in ("chrome-*/chrome", "chrome-*/chrome.exe", "chrome-*/*.app/Contents/MacOS/*"):
            yield from filter(Path.is_file, sorted(folder.glob(pattern)))


def _playwright_root() -> Path:
    if root := os.environ.get("PLAYWRIGHT_BROWSERS_PATH"):
        return Path(root)
    match sys.platform:
        case "darwin":
            return Path.home() / "Library" / "Caches" / "ms-playwright"
        case "win32":
            return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "ms-playwright"
        case _:
            return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ms-playwright"
