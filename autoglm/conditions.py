"""What can be said of a page, and whether it holds. Pure; knows nothing of how it came about.

`…` in a text or address stands for anything.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

from autoglm.types import Element, Observation, Text


@dataclass(frozen=True, slots=True)
class AddressIs:
    url: str
    """With what of its query says something."""


@dataclass(frozen=True, slots=True)
class TitleIs:
    title: str


@dataclass(frozen=True, slots=True)
class TextShown:
    role: str
    """As in `types.Text`; a row's cells are parted by ` | `."""
    text: str


@dataclass(frozen=True, slots=True)
class TextGone:
    role: str
    text: str


@dataclass(frozen=True, slots=True)
class ControlShown:
    role: str
    name: str


@dataclass(frozen=True, slots=True)
class ControlGone:
    role: str
    name: str


@dataclass(frozen=True, slots=True)
class FieldHolds:
    """A field's value; of what is on or off, `on`, `off` or `mixed`."""

    role: str
    name: str
    value: str
    nth: int = 0
    """Among those of this role and name."""
    own: bool = False
    """Whether it is the one that was acted on, which the step's target finds whatever it is called."""


@dataclass(frozen=True, slots=True)
class CountIs:
    """How many lines of a role there are: rows, items of a list."""

    role: str
    count: int


@dataclass(frozen=True, slots=True)
class TabsAre:
    count: int


@dataclass(frozen=True, slots=True)
class Downloaded:
    name: str


@dataclass(frozen=True, slots=True)
class DialogSaid:
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What the server said to a request that changes something."""

    method: str
    url: str
    status: int


Condition = (
    AddressIs
    | TitleIs
    | TextShown
    | TextGone
    | ControlShown
    | ControlGone
    | FieldHolds
    | CountIs
    | TabsAre
    | Downloaded
    | DialogSaid
    | Answered
)

NOT_READ = frozenset({"textbox", "searchbox", "combobox", "spinbutton", "slider", "iframe", "canvas"})
"""Roles of elements whose names are no text on the page."""
SHORTEST = 3
"""A shorter value may stand in a text by chance."""
MOST_BROKEN = 6
"""Lines that one line may have become."""


def holds(condition: Condition, page: Observation) -> bool:
    """Whether it does on this page; `responses`, `downloads` and `dialog` are those since the action began."""
    match condition:
        case AddressIs(url):
            return _address_fits(url, page.url)
        case TitleIs(title):
            return fits(title, page.title)
        case TextShown(_, text):
            return shows(text, page)
        case TextGone(_, text):
            return not shows(text, page)
        case ControlShown(role, name):
            return any(e.role == role and fits(name, e.name) for e in page.elements)
        case ControlGone(role, name):
            return not any(e.role == role and fits(name, e.name) for e in page.elements)
        case FieldHolds(role, name, value, nth):
            like = [e for e in page.elements if e.role == role and e.name == name]
            return nth < len(like) and fits(value, held(like[nth]) or "")
        case CountIs(role, wanted):
            return number(page, role) == wanted
        case TabsAre(count):
            return len(page.tabs) == count
        case Downloaded(name):
            return any(fits(name, file.name) and not file.error for file in page.downloads)
        case DialogSaid(kind, message):
            return page.dialog is not None and page.dialog.kind == kind and fits(message, page.dialog.message)
        case Answered(method, url, status):
            return any(
                each.method == method and each.status == status and fits(url, each.url) for each in page.responses
            )


def describe(condition: Condition) -> str:
    """In words, as a line of a report."""
    match condition:
        case AddressIs(url):
            return f"the address is {url}"
        case TitleIs(title):
            return f"the title is {title!r}"
        case TextShown(role, text):
            return f"the page shows {role} {text!r}"
        case TextGone(role, text):
            return f"the page no longer shows {role} {text!r}"
        case ControlShown(role, name):
            return f"there is a {role} {name!r}"
        case ControlGone(role, name):
            return f"there is no {role} {name!r}"
        case FieldHolds(role, name, value):
            return f"{role} {name!r} holds {value!r}"
        case CountIs(role, count):
            return f"there are {count} of {role}"
        case TabsAre(count):
            return f"there are {count} tabs"
        case Downloaded(name):
            return f"{name} was downloaded"
        case DialogSaid(kind, message):
            return f"the {kind} says {message!r}"
        case Answered(method, url, status):
            return f"{method} {url} is answered with {status}"


def follow(condition: Condition, values: Mapping[str, str]) -> Condition:
    """The condition when other values are typed: by old value the new one."""
    texts = {f.name: getattr(condition, f.name) for f in fields(condition) if f.name not in ("role", "name", "method")}
    changed = {name: _put(text, values) for name, text in texts.items() if isinstance(text, str)}
    return replace(condition, **changed)


def pieces(text: str) -> tuple[str, ...]:
    """What of a text stands fast: the cells of a row, and what is around a `…`."""
    return tuple(piece.strip() for piece in re.split(r"…| \| ", text) if piece.strip())


def held(element: Element) -> str | None:
    """What a field holds; None for what holds nothing, or nothing that may be told."""
    if element.type == "password":
        return None
    if element.value is not None:
        return element.value
    return next((state for state in element.states if state in ("on", "off", "mixed")), None)


def shows(text: str, page: Observation) -> bool:
    """Whether a line of the page is this text, or some in a row are: a line may have been broken elsewhere."""
    wanted = _squeezed(text)
    read = [_squeezed(line) for line in lines(page)]
    if "…" not in wanted and wanted not in "".join(read):
        return False
    return any(_begins(wanted, read[i : i + MOST_BROKEN]) for i in range(len(read)))


def _begins(wanted: str, read: Sequence[str]) -> bool:
    """Whether the first one, two … of these are the text."""
    return any(fits(wanted, "".join(read[: n + 1])) for n in range(len(read)))


def _squeezed(text: str) -> str:
    return "".join(text.replace(" | ", " ").split())


# ---------------------------------------------------------------- helpers


def number(page: Observation, role: str) -> int:
    return sum(item.role == role for item in page.items)


def _address_fits(wanted: str, url: str) -> bool:
    """The path fits, and the query has what is wanted of it."""
    want, is_ = urlsplit(wanted), urlsplit(url)
    asked = Counter(parse_qsl(is_.query, keep_blank_values=True))
    return (
        (want.scheme, want.netloc) == (is_.scheme, is_.netloc)
        and fits(want.path, is_.path)
        and not Counter(parse_qsl(want.query, keep_blank_values=True)) - asked
        and (not want.fragment or want.fragment == is_.fragment)
    )


def fits(wanted: str, text: str) -> bool:
    if "…" not in wanted:
        return wanted == text
    return bool(re.fullmatch(".*?".join(re.escape(piece) for piece in wanted.split("…")), text, re.DOTALL))


def lines(page: Observation) -> Iterator[str]:
    for item in page.items:
        if isinstance(item, Text):
            yield item.text
        elif item.role not in NOT_READ:
            yield item.name


def _put(text: str, values: Mapping[str, str]) -> str:
    """Each old value in a text by the new one, also as an address has it."""
    spelt = {form(old): form(new) for old, new in values.items() if old for form in (quote, quote_plus, str)}
    wanted = [old for old in spelt if len(old) >= SHORTEST or old == text]
    if not wanted:
        return text
    pattern = "|".join(re.escape(old) for old in sorted(wanted, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", lambda found: spelt[found[0]], text)
