"""Names of keys to what the browser is sent."""

from __future__ import annotations

import pytest

from autoglm.browser.keys import chord
from autoglm.errors import Mistake


@pytest.mark.parametrize(
    ("name", "key", "code", "number", "modifiers", "text"),
    [
        ("Enter", "Enter", "Enter", 13, 0, "\r"),
        ("a", "a", "KeyA", 65, 0, "a"),
        ("A", "A", "KeyA", 65, 0, "A"),
        ("7", "7", "Digit7", 55, 0, "7"),
        ("!", "!", "Digit1", 49, 0, "!"),
        ("+", "+", "Equal", 187, 0, "+"),
        ("Space", " ", "Space", 32, 0, " "),
        ("Control+a", "a", "KeyA", 65, 2, ""),
        ("ctrl+Shift+t", "T", "KeyT", 84, 10, ""),
        ("Control++", "+", "Equal", 187, 2, ""),
        ("Shift+Tab", "Tab", "Tab", 9, 8, ""),
        ("Alt+ArrowLeft", "ArrowLeft", "ArrowLeft", 37, 1, ""),
        ("esc", "Escape", "Escape", 27, 0, ""),
        ("F5", "F5", "F5", 116, 0, ""),
        ("Shift", "Shift", "ShiftLeft", 16, 0, ""),
    ],
)
def test_a_chord_is_read(name: str, key: str, code: str, number: int, modifiers: int, text: str) -> None:
    read = chord(name)
    assert (read.key.key, read.key.code, read.key.number, read.modifiers, read.text) == (
        key,
        code,
        number,
        modifiers,
        text,
    )


@pytest.mark.parametrize("name", ["", "Enterr", "Hyper+a", "a+b", "é+"])
def test_what_is_no_key_is_a_mistake(name: str) -> None:
    with pytest.raises(Mistake, match=r"no key|no modifier"):
        chord(name)
