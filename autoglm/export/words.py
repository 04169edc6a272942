"""Text as Python source, with a test's parameters in the place of their values. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

SERVER = "BASE_URL"
"""The constant, and the environment's variable, that say where the pages are."""
LEAST = 3
"""A value shorter than this stands in too many texts by chance."""


def literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")


class Words:
    """What was typed so far: by value the parameter's name."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        known = sorted((value for value in values if len(value.strip()) >= LEAST), key=len, reverse=True)
        self._known = re.compile("|".join(rf"(?<!\w){re.escape(value)}(?!\w)" for value in known)) if known else None

    def source(self, text: str) -> str:
        """`first_name`, `f"Thank you, {first_name}!"` or `"Thank you!"`."""
        if text in self._values:
            return self._values[text]
        pieces: list[str] = []
        at = 0
        for match in self._known.finditer(text) if self._known else ():
            pieces += [_braced(text[at : match.start()]), "{", self._values[match[0]], "}"]
            at = match.end()
        return f'f"{"".join([*pieces, _braced(text[at:])])}"' if pieces else literal(text)

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
        return text in self._values or bool(self._known and self._known.search(text))


def _inner(source: str, *, braced: bool) -> str:
    """What stands between the quotes, for a string that is an f-string or is not."""
    if source.startswith("f"):
        return source[2:-1]
    return source[1:-1].replace("{", "{{").replace("}", "}}") if braced else source[1:-1]


def _braced(text: str) -> str:
    return literal(text)[1:-1].replace("{", "{{").replace("}", "}}")
