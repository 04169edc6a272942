"""One thing on a page as a line: spelled out, as the embedded model was taught, or short, for larger ones. Pure.

    [1] link "Home"                                     [1] link Home
    [7] textbox "Work email" = "" required              [7] required Work email=""
    [9] combobox "Country" = "Peru" (Peru | Chile)      [9] Country="Peru" (Peru | Chile)
    [12] checkbox "I agree" off                         [12] off I agree
    [13] button "Send message"                          [13] Send message
    heading "Prices"                                    # Prices
    row "Ada | 12.50"                                   | Ada | 12.50
    text "Press Home."                                  "Press Home."

In a short line the word for what a thing is stands only where the rest does not say it, and a name stands in quotes
only where it could be read as something else. So what a page says can begin no line and end no name that it stands in.
"""

from __future__ import annotations

import re

from autoglm.dialects.grammar import flat, quote
from autoglm.types import Element, Text

READING = """
How the page reads: [13] Send is a button or something else to click; [7] Email="" a field to type into;
[9] Country="Peru" (Peru | Chile) a list to select from; [12] off I agree a checkbox. All else says what it is:
[1] link Home, [14] tab selected Prices. A line in quotes is text, # Prices a heading, | Ada | 12.50 a row of a table;
its controls follow.
"""
CHECKED = frozenset({"on", "off", "mixed"})
MARKS = {"heading": "#", "row": "|"}
"""What begins a line of text that is not in quotes."""
_BARE = re.compile(r'[^\sa-z"\'“”«»`|()\[\]=\\…][^"|()\[\]=\\]*')
"""A name that needs no quotes: nothing in it ends it, and it begins unlike the words before it, in lower case."""


def spelled_line(item: Element | Text) -> str:
    if isinstance(item, Text):
        return f"{item.role} {quote(flat(item.text, 400))}"
    line = f"[{item.ref}] {item.type or item.role} {quote(flat(item.name, 160))}"
    if item.value is not None:
        line += f" = {quote(flat(item.value, 400))}"
    line += _size(item)
    if item.states:
        line += " " + " ".join(item.states)
    if item.multiple:
        line += " multiple"
    return line + _options(item) + _hint(item)


def short_line(item: Element | Text) -> str:
    if isinstance(item, Text):
        return _short_text(item)
    kind = [] if _is_plain(item) else [item.type or item.role]
    words = [*kind, *item.states, *(["multiple"] if item.multiple else []), _bare(item)]
    line = f"[{item.ref}] {' '.join(words)}"
    if item.value is not None:
        line += f"={quote(flat(item.value, 400))}"
    return line + _size(item) + _options(item) + _hint(item)


def _short_text(item: Text) -> str:
    said = flat(item.text, 400)
    if item.role in MARKS and said.isprintable():
        return f"{MARKS[item.role]} {said}"
    return quote(said) if item.role == "text" else f"{item.role} {quote(said)}"


def _is_plain(item: Element) -> bool:
    """Whether the rest of its line says what it is."""
    checked = not CHECKED.isdisjoint(item.states)
    match item.type or item.role:
        case "button" | "generic":
            return not checked and item.value is None and not item.options
        case "textbox":
            return not checked and item.value is not None and not item.options
        case "combobox":
            return not checked and item.value is not None and bool(item.options)
        case "checkbox":
            return checked and item.value is None and not item.options
        case _:
            return False


def _bare(item: Element) -> str:
    name = flat(item.name, 160)
    return name if _BARE.fullmatch(name) and name.isprintable() and item.role != "canvas" else quote(name)


def _size(item: Element) -> str:
    return f" {item.box.width:.0f} x {item.box.height:.0f} px" if item.role == "canvas" and item.box else ""


def _options(item: Element) -> str:
    if not item.options:
        return ""
    return f" ({' | '.join(flat(option, 80).replace('|', '/') for option in item.options)})"


def _hint(item: Element) -> str:
    return f" hint {quote(flat(item.hint, 80))}" if item.hint else ""
