"""What a test asserts: the conditions of changes.py as a person who signs for it would put them. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from autoglm.changes import LIKE, SAID, SENTENCE, changes
from autoglm.conditions import (
    AddressIs,
    Condition,
    ControlGone,
    ControlShown,
    CountIs,
    FieldHolds,
    TextGone,
    TextShown,
    TitleIs,
    pieces,
)
from autoglm.export.locate import located, scope_of, shortened
from autoglm.export.scenes import Scene
from autoglm.export.script import Check
from autoglm.export.words import Words, literal
from autoglm.types import Check as CheckBox
from autoglm.types import Click, OnElement, Select, Target, Type

SHORT_S = 3.0
"""Playwright waits 5 s for what is expected: https://playwright.dev/python/docs/test-assertions"""
LONGEST = 80
"""Of a text longer than this the first words are asserted."""
MOST_HEADINGS = 2
EDGES = ' (“”"„«»[{,;:·|–—-›‹'
"""Around a piece of a line that a link or a button breaks: `1 result (`, `” was changed.`"""
MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
DATED = re.compile(
    rf"\b\d{{4}}-\d\d?-\d\d?\b|\b\d\d?[./]\d\d?[./]\d{{2,4}}\b|\b\d\d?:\d\d\b|\b{MONTH} \d|\b\d\d?\.? {MONTH}"
    r"|\b(?:yesterday|today|tomorrow)\b",
    re.IGNORECASE,
)
"""What may say something else tomorrow."""


def on_the_way(scene: Scene, page: str, words: Words) -> Iterator[Check]:
    """Little: where the test has come to, and what the page answered."""
    found = _changes(scene)
    yield from (_address(each, scene, page, words, result=False) for each in found if isinstance(each, AddressIs))
    said = [each for each in found if isinstance(each, TextShown) and each.role in (*SAID, "heading")]
    if said and not isinstance(scene.action, Type):
        yield from _within_frames(said[0], scene, page, words)
    yield from _states(scene, page, words)


def at_the_end(scene: Scene, page: str, words: Words) -> Iterator[Check]:
    """What the task led to."""
    found = _changes(scene)
    shown = any(isinstance(each, TextShown | ControlShown) for each in found)
    telling = any(isinstance(each, TextShown) and _tells(each, words) for each in found)
    headings = [each for each in found if isinstance(each, TextShown) and each.role == "heading"]
    for each in found:
        match each:
            case TextShown() if each in headings[MOST_HEADINGS:]:
                pass
            case TextShown() if telling and not _tells(each, words):
                pass  # what else a page has around what it says
            case AddressIs():
                yield _address(each, scene, page, words, result=True)
            case TitleIs() | TextGone() | ControlGone() | CountIs(count=0) if shown:
                pass  # what is there says more than what is not
            case _:
                yield from _within_frames(each, scene, page, words)
    yield from _states(scene, page, words)


def patient(check: Check, waited_s: float) -> Check:
    """Given as long as the run gave it, where Playwright would not."""
    if waited_s < SHORT_S or check.bare:
        return check
    ms = f"timeout={1000 * 5 * math.ceil(1 + waited_s / 5):_}"
    ways = (f"{way[:-1]}{'' if way.endswith('()') else ', '}{ms})" for way in check.ways)
    return replace(check, ways=tuple(ways))


def fields_hold(scenes: Iterable[Scene], page: str, words: Words) -> Iterator[Check]:
    """The last resort of a run that left nothing but what it filled in."""
    last: dict[Target, Scene] = {}
    for scene in scenes:
        if isinstance(scene.action, Type | Select | CheckBox) and len(scene.targets) == 1:
            last[scene.targets[0]] = scene
    for target, scene in last.items():
        places = located(target, page, words)
        match scene.action:
            case Type(_, text):
                yield _each(places, f"to_have_value({words.source(text)})")
            case CheckBox(_, on):
                yield _each(places, "to_be_checked()" if on else "not_to_be_checked()")
            case Select(_, (option,)) if target.tag == "select":
                chosen = [f'{place}.locator("option:checked")' for place in places]
                yield _each(chosen, f"to_have_text({words.source(option)})")
            case _:
                pass


def _tells(shown: TextShown, words: Words) -> bool:
    """Whether it is of a kind that tells what came of something, a sentence, or has in it what was typed."""
    telling = shown.role in (*SAID, *LIKE, "heading") or bool(SENTENCE.search(shown.text))
    return telling or words.holds_value(shown.text)


def _changes(scene: Scene) -> tuple[Condition, ...]:
    ref = scene.action.ref if isinstance(scene.action, OnElement) else None
    return changes(scene.before, scene.after, ref)


def _within_frames(condition: Condition, scene: Scene, page: str, words: Words) -> Iterator[Check]:
    """What was done in a frame shows there, or in the page around it."""
    scopes = dict.fromkeys([*(scope_of(target, page) for target in scene.targets), page])
    if isinstance(condition, TitleIs) or (isinstance(condition, FieldHolds) and condition.own):
        scopes = {page: None}
    found = [check for scope in scopes for check in _checks(condition, scene, scope, words)]
    if found:
        yield Check(tuple(dict.fromkeys(way for check in found for way in check.ways)), result=found[0].result)


def _checks(condition: Condition, scene: Scene, page: str, words: Words) -> Iterator[Check]:
    """None for what the lines around the action say already: tabs, files, dialogs, answers."""
    match condition:
        case TextShown(role, text):
            yield _visible(role, text, page, words)
        case TextGone(role, text):
            telling = words.source(max(pieces(text), key=len, default=text))
            ways = [f"{page}.get_by_text({telling}, exact=True)"]
            if role in ("row", "listitem"):
                ways.insert(0, f"{page}.get_by_role({literal(role)}).filter(has_text={telling})")
            yield _each(ways, "to_have_count(0)")
        case ControlShown(role, name):
            yield _each(_named(role, name, page, words), "to_be_visible()")
        case ControlGone(role, name):
            yield _each(_named(role, name, page, words)[1:], "to_have_count(0)")
        case FieldHolds(own=True):
            if isinstance(scene.action, Click) and len(scene.targets) == 1:
                yield _each(located(scene.targets[0], page, words), _holds(condition.value, words))
        case FieldHolds(role, name, value, nth):
            which = f".nth({nth})" if nth else ""
            label = [f"{page}.get_by_label({words.source(name)})"]
            yield _each([f"{at}{which}" for at in label + _named(role, name, page, words)], _holds(value, words))
        case CountIs(role, count):
            yield _each([f"{page}.get_by_role({literal(role)})"], f"to_have_count({count})")
        case TitleIs(title):
            yield _each([page], f"to_have_title({_title(title, words)})")
        case _:
            pass


def _each(places: Iterable[str], holds: str) -> Check:
    return Check(tuple(f"expect({place}).{holds}" for place in dict.fromkeys(places)), result=True)


def _holds(value: str, words: Words) -> str:
    match value:
        case "on":
            return "to_be_checked()"
        case "off":
            return "not_to_be_checked()"
        case _:
            return f"to_have_value({words.source(value)})"


def _named(role: str, name: str, page: str, words: Words) -> list[str]:
    head = f"{page}.get_by_role({literal(role)}, name="
    short = words.source(shortened(max(pieces(name), key=len, default=name), LONGEST))
    return [f"{head}{short})", f"{head}{words.source(name)}, exact=True)"]


def _title(title: str, words: Words) -> str:
    if "…" not in title:
        return words.source(title)
    return f're.compile(r"{".*".join(re.escape(piece) for piece in title.split("…"))}")'


def _address(condition: AddressIs, scene: Scene, page: str, words: Words, *, result: bool) -> Check:
    """The whole address where it stands fast, else its path; what is numbered may have another number elsewhere."""
    ways: list[str] = []
    parts = urlsplit(condition.url)
    steps = parts.path.split("/")
    if "…" not in condition.url and condition.url == scene.after.url and not any(map(str.isdecimal, steps)):
        ways.append(f"expect({page}).to_have_url({words.address(condition.url)})")
    path = "/".join(r"\d+" if step.isdecimal() else _pattern(step) for step in steps)
    ending = r"(\?|#|$)" if not parts.fragment else f".*#{re.escape(parts.fragment)}"
    ways.append(f'expect({page}).to_have_url(re.compile(r"{path}{ending}"))')
    return Check(tuple(way for way in ways if "\n" not in way), result=result)


def _pattern(text: str) -> str:
    return "[^/]+".join(re.escape(piece) for piece in text.split("…"))


def _visible(role: str, text: str, page: str, words: Words) -> Check:
    parts = [part for part in pieces(" ".join(text.split())) if re.search(r"\w", part)] or [text]
    lasting = [part for part in parts if not DATED.search(part)] or parts
    telling = next((part for part in parts if words.holds_value(part)), max(lasting, key=len))
    if role not in SAID:
        telling = telling.strip(EDGES) or telling
    short, whole = words.source(shortened(telling, LONGEST)), words.source(telling)
    at = f"{page}.get_by_role({literal(role)}"
    ways: list[str] = []
    match role:
        case "heading":
            ways = [f"expect({at}, name={name})).to_be_visible()" for name in (short, f"{whole}, exact=True")]
        case "alert" | "status" | "log":
            ways = [f"expect({at})).to_have_text({whole})", f"expect({at})).to_contain_text({short})"]
            ways.append(f"expect({at}).filter(has_text={short})).to_be_visible()")
        case "row" | "listitem" | "dialog" | "alertdialog":
            ways = [f"expect({at}).filter(has_text={short})).to_be_visible()"]
        case _:
            pass
    for name in (short, f"{whole}, exact=True"):
        ways.append(f"expect({page}.get_by_text({name})).to_be_visible()")
    return Check(tuple(dict.fromkeys(ways)), result=True)


def _states(scene: Scene, page: str, words: Words) -> Iterator[Check]:
    """What a click turned on what was clicked and is no value."""
    acted = scene.element
    now = scene.after.find(acted.ref) if acted and scene.before.url == scene.after.url else None
    if not acted or not now or now.name != acted.name or len(scene.targets) != 1 or not isinstance(scene.action, Click):
        return
    gained = set(now.states) - set(acted.states)
    places = located(scene.targets[0], page, words)
    for state, holds in TURNED.items():
        if state in gained:
            yield _each(places, holds)


TURNED = {
    "expanded": 'to_have_attribute("aria-expanded", "true")',
    "collapsed": 'to_have_attribute("aria-expanded", "false")',
    "selected": 'to_have_attribute("aria-selected", "true")',
    "disabled": "to_be_disabled()",
}
