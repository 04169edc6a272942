"""The page as text: a line for each thing on it, within a budget of tokens. Pure.

A page within its budget is shown whole. Of a larger one these are shown, in this order and as far as they fit: what the
task names, what was opened last, what is in view, the beginning and end of every run of like lines, then the rest in
reading order. Each stretch between them is folded into one line that counts it and can be opened:

    [11] link Invoice 3
    (… 43 link "Invoice 4" to "Invoice 46"; Expand ref=12)
    [55] link Invoice 47

What changes from one step to the next comes late, so that a server can keep what it computed before it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from autoglm.dialects.grammar import LONGEST, flat, quote
from autoglm.dialects.lines import short_line, spelled_line
from autoglm.dialects.tokens import count_large
from autoglm.types import Element, Expand, Observation, Step, Text

BUDGET = 8_000
"""Tokens of a page: about the 24,000 characters that leave room for a history in a context of 16,384."""
LONGEST_UNIT = 12
"""Lines of a row that repeats; a product of a shop has six to ten."""
NAME_LINES = 50
"""A name that stands on more lines than these, such as "Delete", does not tell one from another."""
WORD_LINES = 8
"""A word of the task that stands on more lines than these names none of them."""
OPTIONS = 12
"""Options shown of a list on a page that is folded; the grammar has them all."""

Count = Callable[[str], int]
Line = Callable[[Element | Text], str]


@dataclass(frozen=True, slots=True)
class View:
    """What a model sees of a page."""

    text: str
    elements: tuple[Element, ...]
    """Those that have a line of their own."""
    folds: tuple[int, ...] = ()
    """The refs that Expand opens."""


def page_text(observation: Observation, budget: int = BUDGET, task: str = "", steps: Sequence[Step] = ()) -> str:
    """The page in at most `budget` tokens."""
    return view(observation, budget, task, steps).text


def view(
    observation: Observation,
    budget: int = BUDGET,
    task: str = "",
    steps: Sequence[Step] = (),
    *,
    count: Count = count_large,
    opens: bool = True,
) -> View:
    """`opens`: whether what is left out can be opened; else its lines are counted together at the end, and all are
    spelled out."""
    items = observation.items
    line = short_line if opens else spelled_line
    head, foot = _head(observation), _foot(observation)
    lines = [line(item) for item in items]
    for i, note in _frames(items):
        lines[i] += f" ({note})" if opens else f" {note}"
    whole = "\n".join([*head, *lines, *_left_out(0, observation), *foot])
    if len(whole) <= 8 * budget and count(whole) <= budget:  # no text has 8 characters a token
        return View(whole, observation.elements)
    fold = count(_FOLD_LINE) + 2 * _FOLD_NAME if opens else 0
    frame = count("\n".join([*head, *_left_out(len(items), observation), *foot]))
    room = _Room(items, lines, line, count, budget - frame - fold, fold, task)
    _choose(room, items, task, _opened(observation, steps) if opens else [])
    kept = room.kept
    shown = tuple(item for i, item in enumerate(items) if kept[i] and isinstance(item, Element))
    if not opens:
        body = [room.line(i) for i in range(len(items)) if kept[i]]
        return View("\n".join([*head, *body, *_left_out(len(items) - len(body), observation), *foot]), shown)
    body, folds = _with_folds(room, items)
    return View("\n".join([*head, *body, *_left_out(0, observation), *foot]), shown, tuple(folds))


def _frames(items: Sequence[Element | Text]) -> list[tuple[int, str]]:
    """Where a frame begins and where the page goes on: said once, at the first element there."""
    notes: list[tuple[int, str]] = []
    frame = ""
    for i, item in enumerate(items):
        if isinstance(item, Element) and item.frame != frame:
            frame = item.frame
            notes.append((i, f"in frame {quote(flat(frame, 40))}" if frame else "in the page itself"))
    return notes


# ---------------------------------------------------------------- above and below the lines


def _head(observation: Observation) -> list[str]:
    lines = [f"Page: {flat(observation.title, 100)}  {flat(observation.url, 200)}"]
    if len(observation.tabs) > 1:
        for number, tab in enumerate(observation.tabs, 1):
            where = "this page" if tab.active else flat(tab.url, 80)
            lines.append(f"Tab {number}: {flat(tab.title, 60)}  {where}")
    if observation.hung:
        lines.append("The page hangs: its script does not end. Nothing can be seen or done on it; go elsewhere.")
    return lines


def _foot(observation: Observation) -> list[str]:
    lines: list[str] = []
    below = observation.scroll.height - observation.scroll.y - observation.viewport.height
    if observation.scroll.y >= 1 or below >= 1:
        lines.append(f"Scrolled: {observation.scroll.y:.0f} px above, {max(below, 0):.0f} px below")
    for file in observation.downloads:
        where = f", {file.path}" if file.path else ""
        came = f"not there: {flat(file.error, 200)}" if file.error else f"{file.bytes} bytes{where}"
        lines.append(f"Downloaded: {quote(flat(file.name, 100))} {came}")
    if (dialog := observation.dialog) and dialog.open:
        lines.append(f"Open dialog: {dialog.kind} {quote(dialog.message[:LONGEST])}; the page waits for its answer")
    elif dialog:
        lines.append(f"Dismissed: {dialog.kind} {quote(dialog.message[:LONGEST])}")
    if not observation.settled:
        lines.append("The page is still loading.")
    return lines


def _left_out(count: int, observation: Observation) -> list[str]:
    if not count and not observation.truncated:
        return []
    return [f"({count or 'some'} more lines not shown; scroll to see them)"]


# ---------------------------------------------------------------- which lines


class _Room:
    """The budget as it is used up, and which lines have been kept. A line is written when it is first asked for."""

    def __init__(
        self,
        items: Sequence[Element | Text],
        lines: list[str],
        line: Line,
        count: Count,
        left: int,
        fold: int,
        task: str,
    ) -> None:
        self.kept = [False] * len(items)
        self.left = left
        """Tokens, after the one fold that everything is in at first."""
        self.fold = fold
        """Most tokens of a fold's own line."""
        self._items = items
        self._lines = lines
        self._line = line
        self._count = count
        self._longest = max(left // 3, 1)
        self._task = task.casefold()
        self._cost: dict[int, int] = {}

    def line(self, i: int) -> str:
        self.cost(i)
        return self._lines[i]

    def cost(self, i: int) -> int:
        if i not in self._cost:
            item = self._items[i]
            if isinstance(item, Element) and len(item.options) > OPTIONS:
                self._lines[i] = self._line(_fewer_options(item, self._task))
            self._lines[i] = clip(self._lines[i], self._longest, self._count)
            self._cost[i] = self._count(self._lines[i] + "\n")
        return self._cost[i]

    def clip(self, text: str, most: int) -> str:
        return clip(text, most, self._count)

    def take(self, rows: Iterable[Iterable[int]], most: int | None = None) -> None:
        """Keeps these rows in this order, each whole, as long as they fit, and into `most` tokens."""
        least = self.left - most if most is not None else 0
        for row in rows:
            before, new = self.left, [i for i in row if not self.kept[i]]
            for i in new:
                gaps = self._open(i - 1) + self._open(i + 1) - 1  # a line taken from a gap leaves two, one or none
                self.left -= self.cost(i) + gaps * self.fold
                self.kept[i] = True
            if self.left < least:
                self.left = before
                for i in new:
                    self.kept[i] = False
                return

    def gaps(self) -> Iterable[range]:
        """Stretches of lines that are not kept."""
        start = 0
        for i, kept in enumerate([*self.kept, True]):
            if kept:
                if i > start:
                    yield range(start, i)
                start = i + 1

    def close(self) -> None:
        """Keeps what is no longer than the line that would stand in its place."""
        for gap in list(self.gaps()):
            if len(gap) < self.fold and sum(map(self.cost, gap)) <= self.fold:
                self.take([gap])

    def _open(self, i: int) -> bool:
        return 0 <= i < len(self.kept) and not self.kept[i]


def _choose(room: _Room, items: Sequence[Element | Text], task: str, opened: Sequence[int]) -> None:
    rows, outline = _rows(items)
    windows = [_window(items, ref) for ref in opened]
    for at, _ in windows[:1]:
        room.take([[at]])
    named = _named(items, task)
    room.take([i] for i in sorted(named))
    room.take((row for row in rows if not named.isdisjoint(row)), most=room.left // 2)
    for share, (at, before) in enumerate(windows):
        after = (row for row in rows if row.stop > at)
        room.take([range(before, at), *after], most=room.left // (4 if share else 2))
    room.take([i] for i, item in enumerate(items) if item.in_view)
    room.take(outline)
    room.take(rows)
    room.close()


def _kind(item: Element | Text) -> str:
    return item.role if isinstance(item, Text) else item.type or item.role


@dataclass(frozen=True, slots=True)
class _Run:
    """Lines `start` to `stop` in which every `unit` lines have the same roles as those before them."""

    start: int
    stop: int
    unit: int


def _runs(kinds: Sequence[str]) -> list[_Run]:
    """Four or more like lines, or like groups of lines, in a row; the longest at each place."""
    found: list[_Run] = []
    at = 0
    while at < len(kinds):
        best = _Run(at, at, 1)
        for unit in range(1, LONGEST_UNIT + 1):
            end = at
            while end + unit < len(kinds) and kinds[end] == kinds[end + unit]:
                end += 1
            repeats = (end - at) // unit + 1
            if repeats >= 4 and repeats * unit > best.stop - best.start:
                best = _Run(at, at + repeats * unit, unit)
        if best.stop > at:
            found.append(best)
        at = max(best.stop, at + 1)
    return found


def _rows(items: Sequence[Element | Text]) -> tuple[list[range], list[range]]:
    """All lines by rows, a line of no run alone; and of them the outline: what is in no run, and of each run the first
    three rows and the last."""
    rows: list[range] = []
    outline: list[range] = []
    at = 0
    for run in [*_runs([_kind(item) for item in items]), _Run(len(items), len(items), 1)]:
        alone = [range(i, i + 1) for i in range(at, run.start)]
        like = [range(i, i + run.unit) for i in range(run.start, run.stop, run.unit)]
        rows += [*alone, *like]
        outline += [*alone, *like[:3], *like[-1:]]
        at = run.stop
    return rows, outline


def _opened(observation: Observation, steps: Sequence[Step]) -> list[int]:
    """What Expand opened since the page came, the latest first."""
    found: list[int] = []
    for step in reversed(steps):
        if step.observation.url != observation.url:
            break
        if isinstance(step.action, Expand) and not step.error and observation.find(step.action.ref):
            found.append(step.action.ref)
    return list(dict.fromkeys(found))


def _window(items: Sequence[Element | Text], ref: int) -> tuple[int, int]:
    """Where the element is, and where the text begins that stands right before it."""
    at = next(i for i, item in enumerate(items) if isinstance(item, Element) and item.ref == ref)
    before = at
    while before > max(at - 5, 0) and isinstance(items[before - 1], Text):
        before -= 1
    return at, before


# ---------------------------------------------------------------- what the task names

_WORD = re.compile(r"[^\W_\u3400-\u9fff]{2,}")
_PAIR = re.compile(r"(?=([\u3400-\u9fff]{2}))")  # Chinese has no spaces: two characters that overlap are a word


def _named(items: Sequence[Element | Text], task: str) -> set[int]:
    """Lines whose whole name stands in the task, or which are among the few to hold a word of it."""
    said = task.casefold()
    names = [flat(_name(item), 80).casefold() for item in items]
    whole = Counter(name for name in names if len(name) > 1 and name in said and _stands_in(name, said))
    found = {i for i, name in enumerate(names) if 0 < whole[name] <= NAME_LINES}
    words, pairs = set(_WORD.findall(said)), set(_PAIR.findall(said))
    where: dict[str, list[int]] = {word: [] for word in words | pairs}
    for i, item in enumerate(items):
        text = (item.text if isinstance(item, Text) else f"{item.name} {item.value or ''}").casefold()
        for word in words.intersection(_WORD.findall(text)):
            where[word].append(i)
        for pair in pairs:
            if pair in text:
                where[pair].append(i)
    for lines in where.values():
        if len(lines) <= WORD_LINES:
            found.update(lines)
    return found


def _stands_in(name: str, said: str) -> bool:
    """Not as a part of a longer word or number: "User 1" is not named by "User 12"."""
    ends = r"(?<![a-z0-9])" * name[0].isalnum(), r"(?![a-z0-9])" * name[-1].isalnum()
    return bool(re.search(f"{ends[0]}{re.escape(name)}{ends[1]}", said))


def _fewer_options(element: Element, task: str) -> Element:
    shown = [
        option
        for i, option in enumerate(element.options)
        if i < OPTIONS - 2 or option == element.value or flat(option, 80).casefold() in task
    ]
    more = len(element.options) - len(shown)
    return replace(element, options=(*shown, f"… {more} more")) if more else element


# ---------------------------------------------------------------- folds

_FOLD_NAME = 12
"""Most tokens of a name in a fold's line."""
_FOLD_LINE = '(… 99999 menuitemcheckbox, 99999 menuitemradio, 99999 others: "" to ""; Expand ref=99999999)\n'
"""As long as one can be, without the names."""


def _with_folds(room: _Room, items: Sequence[Element | Text]) -> tuple[list[str], list[int]]:
    """The kept lines with a line for each gap between them, and the refs that open the gaps."""
    body = {i: room.line(i) for i in range(len(items)) if room.kept[i]}
    refs: list[int] = []
    for gap in room.gaps():
        inside = [items[i] for i in gap]
        first = next((item for item in inside if isinstance(item, Element)), None)
        body[gap.start] = _fold_line(room, inside, first)
        refs += [first.ref] if first else []
    return [body[i] for i in sorted(body)], refs


def _fold_line(room: _Room, gap: Sequence[Element | Text], first: Element | None) -> str:
    """`(… 43 link "Invoice 4" to "Invoice 46"; Expand ref=12)`; text alone comes when it is scrolled to."""
    names = [_name(item) for item in gap if first is None or isinstance(item, Element)]
    what, last = _like(gap) or (_mixed(gap), names[-1])
    ends = [room.clip(flat(name, 24), _FOLD_NAME - 2).replace('"', "'") for name in (names[0], last)]
    span = " to ".join(f'"{name}"' for name in dict.fromkeys(ends))
    how = f"Expand ref={first.ref}" if first else "scroll to see them"
    return f"(… {what} {span}; {how})"


def _like(gap: Sequence[Element | Text]) -> tuple[str, str] | None:
    """`156 rows of checkbox, link, row, button:` and the name of the last row's first element; None for no rows."""
    run = next(iter(_runs([_kind(item) for item in gap])), None)
    if not run or run.unit == 1 or run.start or run.stop < len(gap):
        return None
    row = gap[: run.unit]
    named = next((i for i, item in enumerate(row) if isinstance(item, Element)), 0)
    kinds = flat(", ".join(map(_kind, row)), 48)
    return f"{len(gap) // run.unit} rows of {kinds}:", _name(gap[named - run.unit])


def _mixed(gap: Sequence[Element | Text]) -> str:
    kinds = Counter(_kind(item) for item in gap).most_common()
    counts = [f"{count} {kind}" for kind, count in (kinds if len(kinds) < 4 else kinds[:2])]
    if len(kinds) > 3:
        counts.append(f"{sum(count for _, count in kinds[2:])} others")
    return ", ".join(counts) + ":" * (len(counts) > 1)


def _name(item: Element | Text) -> str:
    return item.text if isinstance(item, Text) else item.name


def clip(text: str, most: int, count: Count) -> str:
    """The text cut to so many tokens."""
    if count(text) <= most:
        return text
    while text and count(text + "…") > most:
        text = text[: min(len(text) * most // count(text + "…"), len(text) - 1)]
    return text + "…"
