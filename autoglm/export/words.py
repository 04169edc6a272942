"""Text as Python source, with a test's parameters in the place of their values. Pure.

A value that stands in a text by chance is no parameter there: in a line that was on the page before it was typed, or as
a part of a longer name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

SERVER = "BASE_URL"
"""The constant, and the environment's variable, that say where the pages are."""
LEAST = 3
"""A value shorter than this stands in too many texts by chance."""


def literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")


class Words:
    """What was typed so far: by value the parameter's name; and by value the lines that were there before it."""

    def __init__(self, values: Mapping[str, str], before: Mapping[str, Sequence[str]] | None = None) -> None:
        self._values = dict(values)
        self._before = before or {}
        known = sorted((value for value in values if len(value.strip()) >= LEAST), key=len, reverse=True)
        self._known = re.compile("|".join(rf"(?<!\w){re.escape(value)}(?!\w)" for value in known)) if known else None

    def source(self, text: str) -> str:
        """`first_name`, `f"Thank you, {first_name}!"` or `"Thank you!"`."""
        if text in self._values:
            return self._values[text]
        pieces: list[str] = []
        at = 0
        for match in self._found(text):
            pieces += [_braced(text[at : match.start()]), "{", self._values[match[0]], "}"]
            at = match.end()
        return f'f"{"".join([*pieces, _braced(text[at:])])}"' if pieces else literal(text)

    def _found(self, text: str) -> Iterator[re.Match[str]]:
        """The values in it that do not stand there by chance."""
        found = list(self._known.finditer(text)) if self._known else []
        ours = {place for match in found for place in range(*match.span())}
        for match in found:
            there = any(text in line for line in self._before.get(match[0], ()))
            if not there and not _is_part_of_a_name(match, ours):
                yield match

    def address(self, url: str) -> str:
        """Like source(); what was typed stands in its query only, and in its path by chance."""
        path, mark, query = url.partition("?")
        server = next((value for value, name in self._values.items() if name == SERVER), None)
        head = Words({server: SERVER} if server else {}).source(path)
        tail = self.source(mark + query)
        braced = head.startswith("f") or tail.startswith("f")
        return f'{"f" if braced else ""}"{_inner(head, braced=braced)}{_inner(tail, braced=braced)}"'

    def holds_value(self, text: str) -> bool:
        """Whether something that was typed stands in it."""
        return text in self._values or any(True for _ in self._found(text))


NAMED = re.compile(r"[^\W\d_]\w*")


def _is_part_of_a_name(match: re.Match[str], ours: set[int]) -> bool:
    """Whether another word with a capital stands beside a word with one: the Ada of `Ada Lovelace`, the Hopper of
    `by Grace Hopper`. Those at the places `ours` are values themselves; a text's first word has a capital anyway."""
    text, value = match.string, match[0]
    if not NAMED.fullmatch(value) or not value[0].isupper():
        return False
    after = re.match(r" ([^\W\d_]\w*)", text[match.end() :])
    if after and after[1][0].isupper() and match.end() + 1 not in ours:
        return True
    before = re.search(r"([^\W\d_]\w*) $", text[: match.start()])
    return bool(before and before.start() and before[1][0].isupper() and before.start() not in ours)


def _inner(source: str, *, braced: bool) -> str:
    """What stands between the quotes, for a string that is an f-string or is not."""
    if source.startswith("f"):
        return source[2:-1]
    return source[1:-1].replace("{", "{{").replace("}", "}}") if braced else source[1:-1]


def _braced(text: str) -> str:
    return literal(text)[1:-1].replace("{", "{{").replace("}", "}}")
