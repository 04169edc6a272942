"""Reads the short lines of a page back: the one place in the tests that knows their form. See dialects/lines.py."""

from __future__ import annotations

import re

from autoglm.dialects.grammar import quote

STATES = frozenset(
    "on off mixed disabled readonly required invalid expanded collapsed selected focused covered multiple".split()
)
_ELEMENT = re.compile(
    r"""\[(?P<ref>\d+)\]\ (?P<words>(?:[a-z][a-z-]*\ )*)
    (?P<name>"(?:[^"\\]|\\.)*"|[^\sa-z"|()\[\]=\\][^"|()\[\]=\\]*?)
    (?P<value>="(?:[^"\\]|\\.)*")?
    (?P<size>\ \d+\ x\ \d+\ px)?
    (?P<rest>(?:\ \(.*\))?(?:\ hint\ "(?:[^"\\]|\\.)*")?(?:\ \(in\ .*\))?)""",
    re.VERBOSE,
)


def spelled(page: str) -> str:
    """A prompt with its lines as `[7] textbox "Email" = "" required`, which tests name things by."""
    return "\n".join(map(_spelled, page.split("\n")))


def _spelled(line: str) -> str:
    if line.startswith("# "):
        return f"heading {quote(line[2:])}"
    if line.startswith("| "):
        return f"row {quote(line[2:])}"
    if line.startswith('"'):
        return f"text {line}"
    read = _ELEMENT.fullmatch(line)
    if not read:
        return line  # spelled out already, or cut
    words = read["words"].split()
    states = [word for word in words if word in STATES]
    name = read["name"] if read["name"].startswith('"') else quote(read["name"])
    value = f" = {read['value'][1:]}" if read["value"] else ""
    size, rest = read["size"] or "", read["rest"]
    kind = next((word for word in words if word not in STATES), "") or _kind(states, value, rest)
    return " ".join([f"[{read['ref']}] {kind} {name}{value}{size}", *states]) + rest


def _kind(states: list[str], value: str, rest: str) -> str:
    """What a thing is whose line does not say it."""
    if value:
        return "combobox" if rest.startswith(" (") and not rest.startswith(" (in ") else "textbox"
    return "checkbox" if {"on", "off", "mixed"} & set(states) else "button"
