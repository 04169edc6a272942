"""The extension lets through what the driver sends and listens to, and nothing else."""

from __future__ import annotations

import re

from autoglm.cli.serve import extension_path

BROWSER = extension_path().parent / "autoglm" / "browser"
PLAYWRIGHTS_OWN = {"Target.getTargetInfo"}
NAME = r"[A-Z][A-Za-z]+\.[a-z][A-Za-z]+"


def listed(name: str) -> set[str]:
    script = (extension_path() / "tabs.js").read_text(encoding="utf-8")
    found = re.search(rf"const {name} = new Set\(\s*`([^`]*)`", script)
    assert found
    return set(found[1].split())


def used() -> set[str]:
    """By what their names say: a command is an imperative, an event has happened or is happening."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in BROWSER.glob("*.py"))
    return set(re.findall(rf'"({NAME})"', text)) - PLAYWRIGHTS_OWN


def test_what_is_allowed_is_what_is_used() -> None:
    assert listed("METHODS") | listed("EVENTS") == used()
    assert not listed("METHODS") & listed("EVENTS")
