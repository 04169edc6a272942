"""Token ids to text, a piece at a time, in constant memory. Knows no model."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence


class TextStream:
    """Text as it becomes certain: whole characters only, and nothing that may yet turn out to be a stop string."""

    def __init__(self, token_bytes: Callable[[int], bytes], stops: Sequence[str] = ()) -> None:
        self.token_bytes = token_bytes
        self.stops = stops
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.held = ""
        self.stopped = False

    def push(self, token: int) -> str:
        """What this token makes certain. Sets `stopped` when a stop string is complete; it is not part of the text."""
        return self._release(self.decoder.decode(self.token_bytes(token)))

    def flush(self) -> str:
        """The rest, at the end of the reply."""
        text = self._release(self.decoder.decode(b"", final=True))
        rest, self.held = self.held, ""
        return text + rest

    def _release(self, new: str) -> str:
        if self.stopped:
            return ""
        text = self.held + new
        ends = [at for stop in self.stops if (at := text.find(stop)) >= 0]
        if ends:
            self.stopped, self.held = True, ""
            return text[: min(ends)]
        keep = max((overlap(text, stop) for stop in self.stops), default=0)
        self.held = text[len(text) - keep :]
        return text[: len(text) - keep]


def overlap(text: str, stop: str) -> int:
    """Length of the longest end of `text` with which `stop` begins."""
    for size in range(min(len(stop) - 1, len(text)), 0, -1):
        if text.endswith(stop[:size]):
            return size
    return 0
