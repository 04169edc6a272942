"""Keys and chords by name, as `Input.dispatchKeyEvent` takes them. A US keyboard; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from autoglm.errors import Mistake

ALT, CONTROL, META, SHIFT = 1, 2, 4, 8
"""Bits of `modifiers`: https://chromedevtools.github.io/devtools-protocol/tot/Input/#method-dispatchKeyEvent"""


@dataclass(frozen=True, slots=True)
class Key:
    key: str
    """As `KeyboardEvent.key` has it."""
    code: str
    number: int
    """Windows virtual key code, which is also `KeyboardEvent.keyCode`."""
    text: str = ""
    """What it types."""

    def params(self, modifiers: int) -> dict[str, Any]:
        return {
            "key": self.key,
            "code": self.code,
            "windowsVirtualKeyCode": self.number,
            "nativeVirtualKeyCode": self.number,
            "modifiers": modifiers,
        }


@dataclass(frozen=True, slots=True)
class Chord:
    key: Key
    held: tuple[Key, ...]
    """Modifier keys, pressed before and released after."""
    modifiers: int

    @property
    def text(self) -> str:
        """What it types; a chord with Control, Alt or Meta is a command and types nothing."""
        return "" if self.modifiers & ~SHIFT else self.key.text


MODIFIERS = {
    "Alt": (Key("Alt", "AltLeft", 18), ALT),
    "Control": (Key("Control", "ControlLeft", 17), CONTROL),
    "Meta": (Key("Meta", "MetaLeft", 91), META),
    "Shift": (Key("Shift", "ShiftLeft", 16), SHIFT),
}

COMMANDS = {
    (CONTROL, "a"): "selectAll",
    (CONTROL, "c"): "copy",
    (CONTROL, "x"): "cut",
    (CONTROL, "v"): "paste",
    (CONTROL, "z"): "undo",
    (CONTROL, "y"): "redo",
    (CONTROL | SHIFT, "Z"): "redo",
}
"""What an editing chord does, said along with it: macOS does none of these by Control. The names are those of
https://source.chromium.org/chromium/chromium/src/+/main:third_party/blink/renderer/core/editing/commands/editor_command_names.h"""

NAMED = {
    key.key: key
    for key in (
        Key("Enter", "Enter", 13, "\r"),
        Key("Tab", "Tab", 9),
        Key("Escape", "Escape", 27),
        Key("Backspace", "Backspace", 8),
        Key("Delete", "Delete", 46),
        Key("Insert", "Insert", 45),
        Key("Home", "Home", 36),
        Key("End", "End", 35),
        Key("PageUp", "PageUp", 33),
        Key("PageDown", "PageDown", 34),
        Key("ArrowLeft", "ArrowLeft", 37),
        Key("ArrowUp", "ArrowUp", 38),
        Key("ArrowRight", "ArrowRight", 39),
        Key("ArrowDown", "ArrowDown", 40),
        Key("ContextMenu", "ContextMenu", 93),
        *(Key(f"F{n}", f"F{n}", 111 + n) for n in range(1, 13)),
    )
}

ALIASES = {
    "ctrl": "Control",
    "cmd": "Meta",
    "command": "Meta",
    "option": "Alt",
    "return": "Enter",
    "esc": "Escape",
    "del": "Delete",
    "up": "ArrowUp",
    "down": "ArrowDown",
    "left": "ArrowLeft",
    "right": "ArrowRight",
    "spacebar": "Space",
    "pgup": "PageUp",
    "pgdn": "PageDown",
}

_PUNCTUATION = {
    ";:": ("Semicolon", 186),
    "=+": ("Equal", 187),
    ",<": ("Comma", 188),
    "-_": ("Minus", 189),
    ".>": ("Period", 190),
    "/?": ("Slash", 191),
    "`~": ("Backquote", 192),
    "[{": ("BracketLeft", 219),
    "\\|": ("Backslash", 220),
    "]}": ("BracketRight", 221),
    "'\"": ("Quote", 222),
}


def chord(text: str) -> Chord:
    """`Enter`, `Control+a`, `Shift+Tab`. Raises Mistake."""
    *names, last = [_canonical(name) for name in re.split(r"(?<=[^+])\+(?=.)", text.strip())]
    if unknown := [name for name in names if name not in MODIFIERS]:
        raise Mistake(f"no modifier {unknown[0]!r} in {text!r}; there are Control, Shift, Alt and Meta")
    bits = 0
    for name in names:
        bits |= MODIFIERS[name][1]
    key = MODIFIERS[last][0] if last in MODIFIERS else named_key(last)
    if key is None:
        raise Mistake(f"no key {last!r}; keys are called Enter, Tab, Escape, ArrowDown, PageUp, F5, a, 7, Control+a …")
    if bits & SHIFT and len(key.key) == 1 and key.key.isalpha():
        key = Key(key.key.upper(), key.code, key.number, key.text.upper())
    return Chord(key, tuple(MODIFIERS[name][0] for name in names), bits)


def modifiers(text: str) -> Chord:
    """Keys to hold down while one clicks: `Control`, `Control+Shift`. Raises Mistake."""
    keys = chord(text)
    if keys.key.key not in MODIFIERS:
        raise Mistake(f"{text!r} cannot be held down while clicking; there are Control, Shift, Alt and Meta")
    held = (*keys.held, MODIFIERS[keys.key.key][0])
    return Chord(keys.key, held, keys.modifiers | MODIFIERS[keys.key.key][1])


def named_key(name: str) -> Key | None:
    """The key of that name, or the one that types that character; None when there is none on a US keyboard."""
    if name in ("Space", " "):
        return Key(" ", "Space", 32, " ")
    return NAMED.get(name) or character(name)


def character(char: str) -> Key | None:
    if len(char) != 1:
        return None
    if char.isascii() and char.isalpha():
        return Key(char, f"Key{char.upper()}", ord(char.upper()), char)
    if char.isascii() and char.isdigit():
        return Key(char, f"Digit{char}", ord(char), char)
    if char in ")!@#$%^&*(":
        digit = str(")!@#$%^&*(".index(char))
        return Key(char, f"Digit{digit}", ord(digit), char)
    for pair, (code, number) in _PUNCTUATION.items():
        if char in pair:
            return Key(char, code, number, char)
    return None


def needs_shift(key: Key) -> bool:
    return key.key.isupper() or key.key in ')!@#$%^&*(:+<_>?~{|}"'


def _canonical(name: str) -> str:
    name = name if name == " " else name.strip()
    if len(name) <= 1:
        return name
    known = {known.lower(): known for known in (*NAMED, *MODIFIERS, "Space")}
    return known.get(name.lower()) or ALIASES.get(name.lower()) or name
