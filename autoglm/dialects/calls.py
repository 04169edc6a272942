"""Text to calls: `do(action="Type", ref=7, text="…")`, as models write them. Knows nothing of pages or actions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from autoglm.errors import Mistake
from autoglm.types import Direction

Value = str | float | bool | None | list["Value"]

_CALL = re.compile(r"\b(do|finish)\s*[(（]")
_KEY = re.compile(r"\s*([A-Za-z_]\w*)\s*[=＝]\s*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_WORD = re.compile(r"[A-Za-z]+")
_SPACE = re.compile(r"\s*")
_COMMA = re.compile(r"\s*[,，]\s*")
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "”": "”", "’": "’", "＂": "＂", "「": "」"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Call:
    """One call with its arguments; the accessors raise Mistake for what is missing or of another kind."""

    name: str
    arguments: Mapping[str, Value]

    def text(self, key: str) -> str:
        value = self._given(key)
        if isinstance(value, bool) or value is None or isinstance(value, list):
            raise Mistake(f'{key}={value!r} is not a text; write {key}="…"')
        return value if isinstance(value, str) else f"{value:g}"

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._given(key)
        if isinstance(value, list):
            return tuple(v if isinstance(v, str) else str(v) for v in value)
        return (self.text(key),)

    def number(self, key: str) -> int:
        return int(self.real(key))

    def number_or_none(self, key: str) -> int | None:
        return self.number(key) if self.arguments.get(key) is not None else None

    def real(self, key: str, default: float | None = None) -> float:
        value = self._given(key) if default is None else self.arguments.get(key, default)
        if isinstance(value, str) and (found := _NUMBER.search(value)):
            value = float(found[0])
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Mistake(f"{key}={value!r} is not a number; write {key}=3")
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        value = self._given(key) if default is None else self.arguments.get(key, default)
        if isinstance(value, str) and value.lower() in ("true", "false", "on", "off"):
            value = value.lower() in ("true", "on")
        if not isinstance(value, bool):
            raise Mistake(f"{key}={value!r} is neither True nor False")
        return value

    def one_of(self, key: str) -> Direction:
        value = self.text(key).lower()
        for direction in get_args(Direction):
            if value == direction:
                return direction
        raise Mistake(f"{key}={value!r} is not one of {', '.join(get_args(Direction))}")

    def _given(self, key: str) -> Value:
        if key not in self.arguments:
            shown = self.arguments.get("action", "")
            raise Mistake(f"{self.name}({shown!r}) lacks {key}=…; it has {', '.join(self.arguments) or 'nothing'}")
        return self.arguments[key]


def read_calls(text: str) -> list[Call]:
    """Every complete call, in order. A call inside another one's string is not one."""
    calls: list[Call] = []
    at = 0
    while found := _CALL.search(text, at):
        try:
            arguments, at = _arguments(text, found.end())
        except _Unreadable:
            at = found.end()
        else:
            calls.append(Call(found[1], arguments))
    return calls


class _Unreadable(Exception):
    pass


def _arguments(text: str, at: int) -> tuple[dict[str, Value], int]:
    """Up to and with the closing bracket."""
    arguments: dict[str, Value] = {}
    while True:
        at = _SPACE.match(text, at).end()  # pyright: ignore[reportOptionalMemberAccess] - matches the empty text
        if text[at : at + 1] in (")", "）"):
            return arguments, at + 1
        key = _KEY.match(text, at)
        if not key:
            raise _Unreadable
        arguments[key[1]], at = _value(text, key.end())
        if comma := _COMMA.match(text, at):
            at = comma.end()


def _value(text: str, at: int) -> tuple[Value, int]:
    start = text[at : at + 1]
    if start in _QUOTES:
        return _string(text, at + 1, _QUOTES[start])
    if start == "[":
        return _list(text, at + 1)
    if number := _NUMBER.match(text, at):
        return (float(number[0]) if "." in number[0] else int(number[0])), number.end()
    if word := _WORD.match(text, at):
        known: dict[str, Value] = {"true": True, "false": False, "none": None, "null": None}
        if word[0].lower() in known:
            return known[word[0].lower()], word.end()
    raise _Unreadable


def _list(text: str, at: int) -> tuple[Value, int]:
    values: list[Value] = []
    while True:
        at = _SPACE.match(text, at).end()  # pyright: ignore[reportOptionalMemberAccess] - matches the empty text
        if text[at : at + 1] == "]":
            return values, at + 1
        value, at = _value(text, at)
        values.append(value)
        if comma := _COMMA.match(text, at):
            at = comma.end()


def _string(text: str, at: int, end: str) -> tuple[str, int]:
    read: list[str] = []
    while at < len(text):
        char = text[at]
        if char == end:
            return "".join(read), at + 1
        if char == "\\" and at + 1 < len(text):
            at += 1
            char = _ESCAPES.get(text[at], text[at])
        read.append(char)
        at += 1
    raise _Unreadable
