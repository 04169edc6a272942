"""What can be known of the panel without opening it: its words in both languages, its colours in both themes."""

from __future__ import annotations

import json
import re
from itertools import product

import pytest

from autoglm.cli.serve import extension_path
from autoglm.dialects.ref import describe
from autoglm.types import (
    Ask,
    Back,
    Check,
    Click,
    CloseTab,
    Dialog,
    DoubleClick,
    Drag,
    Expand,
    Extract,
    Finish,
    Goto,
    Hover,
    NewTab,
    Note,
    Observation,
    Press,
    RightClick,
    Scroll,
    Select,
    SwitchTab,
    TakeOver,
    Type,
    Upload,
    Wait,
)

FOLDER = extension_path()
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in (*FOLDER.glob("*.js"), FOLDER / "panel.html"))
ENOUGH = 4.5
"""https://www.w3.org/TR/WCAG22/#contrast-minimum"""
EDGE = 3.0
"""Of what shows where a field is: https://www.w3.org/TR/WCAG22/#non-text-contrast"""


def messages(language: str) -> dict[str, str]:
    told = json.loads((FOLDER / "_locales" / language / "messages.json").read_text(encoding="utf-8"))
    return {key: entry["message"] for key, entry in told.items()}


VERBS = {f"do_{re.sub(r'[^A-Za-z]', '_', verb)}": verb for verb in (
    "Click", "Double-click", "Right-click", "Type", "Select", "Check", "Press", "Hover", "Drag", "Upload to", "Scroll",
    "Goto", "Back", "New tab", "Switch to tab", "Close tab", "Accept the dialog", "Dismiss the dialog", "Wait",
    "Expand from", "Extract data", "Note", "Ask", "Hand over", "Finish", "Give up",
)}  # fmt: skip
"""What `describe` begins with, by the key under which the panel says it."""


def test_every_action_has_its_verb() -> None:
    seen = Observation("", "")
    said = [
        describe(action, seen)
        for action in (
            Click(1), DoubleClick(1), RightClick(1), Type(1, ""), Select(1, ()), Check(1), Press("Tab"), Hover(1), Drag(1, 2),
            Upload(1, ()), Scroll("down"), Goto(""), Back(), NewTab(""), SwitchTab(1), CloseTab(1), Dialog(True),
            Dialog(False), Wait(1), Expand(1), Extract(), Note(""), Ask(""), TakeOver(""), Finish(""), Finish("", success=False),
        )
    ]  # fmt: skip
    assert [verb for verb in VERBS.values() if not any(each.startswith(verb) for each in said)] == []
    assert [each for each in said if not each.startswith(tuple(VERBS.values()))] == []
    assert {key: text for key, text in messages("en").items() if key.startswith("do_")} == VERBS


def colours(theme: int) -> dict[str, str]:
    """By name; 0 is light, 1 dark."""
    css = (FOLDER / "panel.css").read_text(encoding="utf-8")
    return {name: pair[theme] for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", css)}


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_both_languages_say_the_same_things() -> None:
    english, chinese = messages("en"), messages("zh_CN")
    assert list(english) == list(chinese)
    assert {key for key, text in english.items() if "$1" in text} == {k for k, t in chinese.items() if "$1" in t}
    assert all(english.values()) and all(chinese.values())


def test_every_text_of_the_panel_is_in_the_list_and_none_is_idle() -> None:
    named = set(re.findall(r"data-i18n(?:-label)?=\"(\w+)\"|words\('(\w+)'", SOURCES))
    used = {one or other for one, other in named} | VERBS.keys()
    assert used <= messages("en").keys()
    quoted = {key for key in messages("en") if re.search(rf"['\"]{key.replace('_', '[ _]')}['\"]", SOURCES)}
    by_kind = {"ask", "replayAsk", "replayDone", "exportAsk", "exportDone"}  # words(kind), words(state) …
    assert set(messages("en")) - quoted - used - {"name", "description"} == by_kind


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_all_text_can_be_read(theme: int) -> None:
    found = colours(theme)
    pairs = [*product(("ink", "soft", "accent", "good", "bad"), ("paper", "card")), ("on-accent", "accent")]
    poor = {pair: ratio for pair in pairs if (ratio := contrast(found[pair[0]], found[pair[1]])) < ENOUGH}
    assert not poor
    assert contrast(found["edge"], found["paper"]) >= EDGE
