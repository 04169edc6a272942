"""What an action changed on the page, as conditions that a tester would write down. Pure: two looks in, conditions out.

What no one would assert is left out: clocks, today's date, made-up ids, lines that change by themselves, a page's whole
text. `…` in a text or address stands for such a part, and for anything when it is held against a page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from itertools import pairwise
from urllib.parse import parse_qsl, quote_plus, urlsplit

from autoglm.conditions import (
    NOT_READ,
    SHORTEST,
    AddressIs,
    Answered,
    Condition,
    ControlGone,
    ControlShown,
    CountIs,
    DialogSaid,
    Downloaded,
    FieldHolds,
    TabsAre,
    TextGone,
    TextShown,
    TitleIs,
    held,
    number,
    pieces,
    shows,
)
from autoglm.types import Goto, Observation, OnBrowser, OnElement, Step, Text, Wait

SAID = frozenset({"alert", "status", "dialog", "alertdialog", "log"})
"""Lines that tell what came of something."""
LIKE = ("row", "listitem", "option", "treeitem", "article")
"""Lines of which there are many, and which are counted."""
MOST_TEXTS = 4
MOST_TOLD = 8
"""Of lines that have something that was typed before."""
MOST_CONTROLS = 2
MOST_GONE = 2
LONGEST = 160
UNSURE = re.compile(
    r"(?:load|sav|send|submit|upload|process|search|connect)ing\b|please wait|one moment", re.IGNORECASE
)


def changes(
    before: Observation, after: Observation, ref: int | None = None, *, restless: frozenset[str] = frozenset()
) -> tuple[Condition, ...]:
    """What holds after and did not before; of what was done on `ref`, what that holds. `restless` are shapes of lines
    that change by themselves; see outcomes()."""
    found: list[Condition] = [*_around(before, after)]
    if after.hung:
        return tuple(found)
    found += _place(before, after)
    if not after.settled or not after.items:
        return tuple(found)
    same = _page(before.url) == _page(after.url) and not _loaded(after)
    at = after.at
    calm = partial(_is_calm, restless=restless)
    if same:
        found += _fields(before, after, ref)
        found += _controls(before, after, ControlShown)
        found += _counts(before, after)
        found += _vanished(before, after, calm, at)
    found += _said(before, after, calm, at, same=same)
    return tuple(dict.fromkeys(found))


def outcomes(steps: Sequence[Step]) -> tuple[tuple[Condition, ...], ...]:
    """What each step led to, as it was seen when the next thing was done or at the end; nothing for what was not done
    on the page or with the browser, for a mistake, and for the last."""
    restless = _restless(steps)
    done: list[tuple[Condition, ...]] = []
    for i, step in enumerate(steps):
        after = seen_after(steps, i)
        if after is None or not was_done(step):
            done.append(())
        else:
            done.append(changes(step.observation, after, _ref(step), restless=restless))
    return tuple(done)


def seen_after(steps: Sequence[Step], i: int) -> Observation | None:
    """What was seen when the next thing was done or at the end, with what came of itself before it."""
    later = [*steps[i + 1 :]]
    end = next((n for n, each in enumerate(later) if was_done(each)), len(later) - 1)
    return _joined([each.observation for each in later[: end + 1]])


def was_done(step: Step) -> bool:
    """Whether it is a part of what the run did to the page or with the browser; waiting is none."""
    return isinstance(step.action, OnElement | OnBrowser) and not isinstance(step.action, Wait) and not step.error


def _joined(looks: Sequence[Observation]) -> Observation | None:
    """The last of several looks, with what came of itself before it."""
    if not looks or not (looks[-1].items or looks[-1].url):
        return None
    return replace(
        looks[-1],
        responses=tuple(each for look in looks for each in look.responses),
        downloads=tuple(each for look in looks for each in look.downloads),
        dialog=next((look.dialog for look in reversed(looks) if look.dialog), None),
    )


# ---------------------------------------------------------------- what changed


def _around(before: Observation, after: Observation) -> Iterator[Condition]:
    if after.dialog and after.dialog != before.dialog:
        yield DialogSaid(after.dialog.kind, steady(after.dialog.message, after.at))
    for file in after.downloads:
        if not file.error:
            yield Downloaded(steady(file.name, after.at))
    if after.tabs and before.tabs and len(after.tabs) != len(before.tabs):
        yield TabsAre(len(after.tabs))
    for each in after.responses:
        if each.wrote or (each.document and _page(each.url) == _page(after.url) and each.status != NOT_MODIFIED):
            yield Answered(each.method, _steady_address(each.url, before.url), each.status)


def _place(before: Observation, after: Observation) -> Iterator[Condition]:
    if after.url != before.url and after.url:
        yield AddressIs(_steady_address(after.url, before.url))
    if after.title != before.title and after.title and not UNSURE.search(after.title):
        yield TitleIs(steady(after.title, after.at))


def _fields(before: Observation, after: Observation, ref: int | None) -> Iterator[Condition]:
    was = {element.ref: held(element) for element in before.elements}
    seen: Counter[tuple[str, str]] = Counter()
    for element in after.elements:
        nth = seen[element.role, element.name]
        seen[element.role, element.name] += 1
        value = held(element)
        if element.ref not in was or value is None or value == was[element.ref]:
            continue
        own = element.ref == ref
        if (element.name or own) and (own or steady(value, after.at) == value) and len(value) <= 10 * LONGEST:
            yield FieldHolds(element.role, element.name, value, nth, own)


def _controls(
    before: Observation, after: Observation, kind: Callable[[str, str], ControlShown | ControlGone]
) -> Iterator[Condition]:
    """Named buttons and links that are new, unless there are many."""
    was = {(e.role, e.name) for e in before.elements}
    new = {(e.role, e.name): None for e in after.elements if (e.role, e.name) not in was}
    told = [each for each in new if each[1] and steady(each[1], after.at) == each[1] and each[0] not in NOT_READ]
    if len(told) <= MOST_CONTROLS:
        yield from (kind(role, name) for role, name in told)


def _counts(before: Observation, after: Observation) -> Iterator[Condition]:
    for role in LIKE:
        was, count = number(before, role), number(after, role)
        if was and count and count != was and not (before.truncated or after.truncated):
            yield CountIs(role, count)


def _vanished(before: Observation, after: Observation, calm: Callable[[str], bool], at: float) -> list[Condition]:
    """Rows, items, messages and headings that are no longer there, and buttons."""
    lines = [
        TextGone(item.role, item.text)
        for item in before.items
        if isinstance(item, Text) and item.role in (*SAID, *LIKE, "heading") and 0 < len(item.text) <= LONGEST
        if calm(item.text) and steady(item.text, at) == item.text and not shows(item.text, after)
    ]
    gone = [ControlGone(e.role, e.name) for e in _controls(after, before, ControlGone) if isinstance(e, ControlGone)]
    told = lines if len(lines) <= MOST_GONE else []
    return [*told, *gone]


def _said(
    before: Observation, after: Observation, calm: Callable[[str], bool], at: float, *, same: bool
) -> list[TextShown]:
    """The new lines that a tester would look for, the most telling first."""
    told = {value for element in before.elements if (value := held(element)) and len(value) >= SHORTEST}
    told -= {"off", "mixed"}
    new: dict[TextShown, int] = {}
    for item in after.items:
        if not isinstance(item, Text) or item.role in ("note", "iframe") or UNSURE.search(item.text):
            continue
        text = steady(item.text, at)
        if not _says_something(text) or len(text) > LONGEST or not calm(item.text) or shows(text, before):
            continue
        rank = _rank(item, text, told)
        new.setdefault(TextShown(item.role, text), rank)
    ranked = sorted(new, key=lambda each: new[each])
    best = [each for each in ranked if new[each] < TOLD][:MOST_TEXTS]
    with_values = [each for each in ranked if new[each] == TOLD][:MOST_TOLD]
    # A new page has many lines that say nothing of what was done; what came of something sent is a sentence there.
    sent = any(each.wrote for each in after.responses)
    sentences = [each for each in ranked if new[each] == PLAIN and SENTENCE.search(each.text)][:1]
    plain = [each for each in ranked if new[each] == PLAIN][: MOST_TEXTS if same else 2]
    if same or not (best or with_values):
        return [*best, *with_values, *plain]
    return [*best, *with_values, *(sentences if sent and not any(new[each] == 0 for each in best) else [])]


TOLD, PLAIN = 2, 3
SENTENCE = re.compile(r"\w{2}.*\s\w{2}.*[.!]$")
NOT_MODIFIED = 304


def _rank(item: Text, text: str, told: Iterable[str]) -> int:
    if item.role in SAID:
        return 0
    if item.role == "heading":
        return 1
    return TOLD if any(value in text for value in told) else PLAIN


def _loaded(after: Observation) -> bool:
    """Whether a document came anew, so that what it shows is another page's though the address is the same."""
    return any(each.document and _page(each.url) == _page(after.url) for each in after.responses)


def _ref(step: Step) -> int | None:
    return step.action.ref if isinstance(step.action, OnElement) else None


# ---------------------------------------------------------------- what does not stand fast

CLOCK = re.compile(r"\b\d{1,2}:\d\d:\d\d\b|\b(?:a few|an?|\d+) (?:second|minute|hour|day)s? ago\b|\bjust now\b")
MADE_UP = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?=[0-9a-z]*\d)(?=[0-9a-z]*[a-z])[0-9a-z]{10,}\b"
    r"|(?<![\d.,])\d{7,}(?![\d.,])|(?<=#)\d{2,}\b",
    re.IGNORECASE,
)


def steady(text: str, at: float) -> str:
    """The text with `…` for what is of the moment `at` or made up."""
    return MADE_UP.sub("…", _moment(at).sub("…", CLOCK.sub("…", text)))


@lru_cache(8)
def _moment(at: float) -> re.Pattern[str]:
    stamps = sorted(map(re.escape, {*_stamps(at)}), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(stamps) or '(?!)'})(?!\w)(?: ?[ap]\.?m\b\.?)?", re.IGNORECASE)


def _stamps(at: float) -> Iterator[str]:
    """How today and this minute are written, here and in UTC."""
    if not at:
        return
    for now in {datetime.fromtimestamp(at).astimezone(), datetime.fromtimestamp(at, UTC)}:
        day, month = now.day, now.month
        for name in (f"{now:%B}", f"{now:%b}", f"{now:%b}."):
            for date in (f"{name} {day}", f"{name} {day:02}", f"{day} {name}", f"{day:02} {name}", f"{day}. {name}"):
                yield from (f"{date}, {now.year}", f"{date} {now.year}")
        yield from (f"{now:%Y-%m-%d}", f"{now:%d.%m.%Y}", f"{day}.{month}.{now.year}", f"{now:%m/%d/%Y}")
        yield from (f"{month}/{day}/{now.year}", f"{now:%d/%m/%Y}")
        for minute in range(-2, 3):
            then = datetime.fromtimestamp(at + 60 * minute, now.tzinfo)
            yield from (f"{then:%H:%M}", f"{then:%I:%M}", f"{int(f'{then:%I}')}:{then:%M}")


def _steady_address(url: str, before: str) -> str:
    """With `…` for numbers and made-up parts that the address before did not have; a query's values that say nothing
    are left out with their keys."""
    parts, known = urlsplit(url), set(re.split(r"[/?#&=]", before))
    path = "/".join(part if part in known or not _is_id(part) else "…" for part in parts.path.split("/"))
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if not _is_id(value)]
    asked = "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in query if len(value) <= LONGEST)
    head = f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
    fragment = parts.fragment if parts.fragment and not _is_id(parts.fragment) else ""
    return f"{head}{path}{f'?{asked}' if asked else ''}{f'#{fragment}' if fragment else ''}"


def _is_id(part: str) -> bool:
    return part.isdecimal() or bool(MADE_UP.search(part))


def _shape(text: str) -> str:
    return re.sub(r"\d+", "0", text)


def _is_calm(text: str, restless: frozenset[str]) -> bool:
    return _shape(text) not in restless


def _restless(steps: Sequence[Step]) -> frozenset[str]:
    """Shapes of lines whose numbers changed although nothing was done to the page, or at nearly every look."""
    turns: Counter[str] = Counter()
    looks: Counter[str] = Counter()
    idle: set[str] = set()
    for step, after in pairwise(steps):
        if _page(step.observation.url) != _page(after.observation.url):
            continue
        was, now = _by_shape(step.observation), _by_shape(after.observation)
        for shape in was.keys() & now.keys():
            looks[shape] += 1
            if was[shape] != now[shape]:
                turns[shape] += 1
                if step.error or not isinstance(step.action, OnElement | Goto):
                    idle.add(shape)
    return frozenset(idle | {shape for shape, count in turns.items() if looks[shape] >= 3 and count == looks[shape]})


def _by_shape(page: Observation) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in page.items:
        if isinstance(item, Text) and re.search(r"\d", item.text):
            found.setdefault(_shape(item.text), []).append(item.text)
    return found


# ---------------------------------------------------------------- helpers


def _page(url: str) -> str:
    """The address without what only says where on the page, or what of it, is shown."""
    return url.partition("#")[0].partition("?")[0]


def _says_something(text: str) -> bool:
    return any(sum(map(str.isalnum, piece)) >= 1 for piece in pieces(text))
