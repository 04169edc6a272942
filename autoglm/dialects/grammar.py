"""The grammar of one page: EBNF in which a call names an element that exists and takes it. Pure.

What vLLM and our INT8 engine take as `structured_outputs.grammar`; a rule to a line, `root` the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from autoglm.types import Ask, Element, Observation, Step, Text, Verb

KEYS = (
    *("Enter", "Tab", "Escape", "Space", "Backspace", "Delete", "Home", "End", "PageUp", "PageDown"),
    *("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"),
)
MODIFIERS = ("Control", "Shift", "Alt", "Meta")
LONGEST = 2000
"""Characters of a text in a reply: a model that begins to repeat itself comes to an end."""


@dataclass(frozen=True, slots=True)
class Words:
    """How texts may be written: the rules' names at each place, and the rules themselves."""

    finish: str
    text: str
    url: str
    question: str
    number: str
    answers: str
    """Of a dialog that is open: what `accept` may be."""
    all_actions: bool
    """False for the embedded model, which was taught the actions of a form only."""
    rules: tuple[str, ...]


Data = Literal["none", "missing", "some"]
"""Whether the run is to return data, and has some."""

STRING = (f'string ::= "\\"" char{{0,{LONGEST}}} "\\""', 'char ::= [^"\\\\\\x00-\\x1f] | "\\\\" ["\\\\nt]')
_DATE = '[0-9] [0-9] [0-9] [0-9] "-" [0-9] [0-9] "-" [0-9] [0-9]'
_TIME = '[0-9] [0-9] ":" [0-9] [0-9]'
NUMBER = '"-"? [0-9]{1,12} ("." [0-9]{1,6})?'
PATTERNS = {
    "date": _DATE,
    "time": _TIME,
    "month": '[0-9] [0-9] [0-9] [0-9] "-" [0-9] [0-9]',
    "week": '[0-9] [0-9] [0-9] [0-9] "-W" [0-9] [0-9]',
    "datetime-local": f'{_DATE} "T" {_TIME}',
    "color": '"#" [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F]',
}
"""What a field takes by its type, as the browser would parse it (HTML Standard, 4.10.5.1); or nothing."""
FREE = Words(
    '"message=" string (", success=False")?', "string", "string", "string", NUMBER, '"True" | "False"', True, STRING
)


def compile_grammar(
    page: Observation,
    elements: Iterable[Element],
    words: Words = FREE,
    folds: Sequence[int] = (),
    data: Data = "none",
) -> str:
    """EBNF in which `ref` is one of these elements that takes the action, `option` one of its own, a date a date.

    `folds`: what Expand may open. While a dialog is open there is only its answer, a question and the end.
    """
    finish = '"message=" string ", success=False"' if data == "missing" else words.finish
    if page.dialog and page.dialog.open:
        text = f' (", text=" {words.text})?' if page.dialog.kind == "prompt" else ""
        forms = [f'"Dialog\\", accept=" ({words.answers}){text}', f'"Ask\\", question=" {words.question}']
        return _written(finish, forms, words.rules)
    able = [] if page.hung else [e for e in elements if e.takes]
    anywhere = '("ref=" any ", ")? ' if able else ""
    forms = [
        f'"Goto\\", url=" {words.url}',
        '"Back\\""',
        '"Wait\\", seconds=" [1-9]',
        f'"Ask\\", question=" {words.question}',
    ]
    rules: list[str] = []
    if not page.hung:
        forms += [f'"Press\\", " {anywhere}"key=" key', f'"Scroll\\", " {anywhere}"direction=" direction']
        rules += [
            f"key ::= {_keys(words)}",
            f"direction ::= {either(map(quote, ('up', 'down', 'left', 'right')))}",
        ]
    rules += words.rules
    if words.all_actions:
        forms += [f'"Note\\", text=" {words.text}', f'"NewTab\\", url=" {words.url}']
        forms.append(f'"TakeOver\\", reason=" {words.text}')
        if not page.hung:
            forms.append(f'"Scroll\\", " {anywhere}"direction=" direction ", to=" percent')
            rules.append('percent ::= "100" | [0-9] ([0-9])? ("." [0-9])?')
        more, their = _beyond_forms(able, words, folds, extract=data != "none" and not page.hung)
        forms, rules = [*forms, *more], [*rules, *their]
    if len(page.tabs) > 1:
        others = [str(i) for i, tab in enumerate(page.tabs, 1) if not tab.active]
        forms += [f'"SwitchTab\\", tab=" ({either(others)})', '"CloseTab\\", tab=" tab']
        rules.append(f"tab ::= {either(str(i) for i in range(1, len(page.tabs) + 1))}")
    if able:
        forms.append('"Hover\\", ref=" any')
        rules.append(f"any ::= {_refs(able)}")
    if clickable := _takers(able, "Click"):
        forms.append('"Click\\", ref=" click')
        rules.append(f"click ::= {_refs(clickable)}")
    if checkable := _takers(able, "Check"):
        forms.append('"Check\\", ref=" check ", on=" ("True" | "False")')
        rules.append(f"check ::= {_refs(checkable)}")
    if fields := _takers(able, "Type"):
        forms.append('"Type\\", ref=" type')
        rules += _typing(fields, words)
    if lists := [e for e in _takers(able, "Select") if e.options]:
        forms.append('"Select\\", ref=" select')
        rules.append(f"select ::= {' | '.join(f'choice{e.ref}' for e in lists)}")
        rules += [_choice(e) for e in lists]
    return _written(finish, forms, rules)


def _beyond_forms(
    able: Sequence[Element], words: Words, folds: Sequence[int], *, extract: bool
) -> tuple[list[str], list[str]]:
    """What the embedded model was not taught, and the rules for it."""
    forms: list[str] = ['"Extract\\""'] if extract else []
    rules: list[str] = []
    pixels = '", dx=" pixels (", dy=" pixels)? | ", dy=" pixels'
    if able:
        forms.append(f'"Drag\\", ref=" any (", to=" any | {pixels})')
        rules.append('pixels ::= "-"? [1-9] [0-9]{0,3}')
    if clickable := _takers(able, "Click"):
        forms.append('("Double" | "Right") "Click\\", ref=" click')
        held = f"({either(MODIFIERS)})"
        forms.append(f'"Click\\", ref=" click ", held=\\"" {held} ("+" {held})? "\\""')
        if canvases := [e for e in clickable if e.role == "canvas"]:
            forms.append(f'"Click\\", ref=" canvas ({pixels})')
            start = '", from_dx=" pixels (", from_dy=" pixels)? | ", from_dy=" pixels'
            forms.append(f'"Drag\\", ref=" canvas ({start}) (", to=" any | {pixels})')
            rules.append(f"canvas ::= {_refs(canvases)}")
    if uploads := _takers(able, "Upload"):
        forms.append(f'"Upload\\", ref=" upload ", file=" ({words.text} | "[" {words.text} (", " {words.text})* "]")')
        rules.append(f"upload ::= {_refs(uploads)}")
    if folds:
        forms.append('"Expand\\", ref=" fold')
        rules.append(f"fold ::= {either(map(str, folds))}")
    return forms, rules


def _written(finish: str, forms: Sequence[str], rules: Sequence[str]) -> str:
    # Every form begins with the same letters, so the grammar says them once and the engine never has to sample them.
    head = f'root ::= "do(action=\\"" call ")" | "finish(" {finish} ")"'
    return "\n".join([head, f"call ::= {' | '.join(forms)}", *rules]) + "\n"


def _keys(words: Words) -> str:
    """Chords of characters and named keys; the embedded model was not taught the ones nobody needs in a form."""
    held = f'({either(MODIFIERS)}) "+"'
    if words.all_actions:
        return f'"\\"" ({held})* ([a-zA-Z0-9] | {either(KEYS)} | "F" [1-9] | "F1" [0-2]) "\\""'
    return f'{either(map(quote, KEYS))} | "\\"" ({held})+ [a-zA-Z0-9] "\\""'


def _takers(elements: Iterable[Element], verb: Verb) -> list[Element]:
    return [e for e in elements if verb in e.takes]


def _refs(elements: Iterable[Element]) -> str:
    return either(str(e.ref) for e in elements)


def _typing(fields: list[Element], words: Words) -> list[str]:
    """A rule for each kind of field: its elements, then what they take."""
    patterns = {**PATTERNS, "spinbutton": words.number, "slider": words.number}
    kinds: dict[str, list[Element]] = {}
    for e in fields:
        kind = e.type if e.type in patterns else e.role if e.role in patterns else "text"
        kinds.setdefault(kind, []).append(e)
    rules = [f"type ::= {' | '.join(f'type{i}' for i in range(len(kinds)))}"]
    for i, (kind, elements) in enumerate(kinds.items()):
        value = f'"\\"" ({patterns[kind]})? "\\""' if kind in patterns else words.text
        rules.append(f'type{i} ::= ({_refs(elements)}) ", text=" {value}')
    return rules


def _choice(element: Element) -> str:
    options = either(dict.fromkeys(quote(flat(option, 80)) for option in element.options))
    rule = f'choice{element.ref} ::= "{element.ref}, option=" '
    if element.multiple:
        name = f"option{element.ref}"
        return f'{rule}({name} | "[" {name} (", " {name})* "]")\n{name} ::= {options}'
    return f"{rule}({options})"


# ---------------------------------------------------------------- words for a model that only copies

_CHUNK = re.compile(r"[\u3400-\u9fff]|[^\W\d_\u3400-\u9fff]+|\d+|\s+|.", re.DOTALL)
_DIGITS = re.compile(r"-?\d+(?:\.\d+)?")
_DATE_HINT = re.compile(r"[dmyj]{1,4}[-/.][dmyj]{1,4}", re.IGNORECASE)


def copied(task: str, steps: Sequence[Step], observation: Observation) -> Words:
    """Texts that are whole words in a row of the task or of an answer, or a line or cell of the page. Nothing else.

    A model of some tens of millions of parameters copies a rare name wrongly now and then; here it cannot. What it
    loses is writing words of its own, which it cannot do anyway.
    """
    answers = [step.outcome or "" for step in steps if isinstance(step.action, Ask)]
    said = [text for text in (task, *answers) if text.strip()]
    rules = [f"said ::= {' | '.join(f'said{i}' for i in range(len(said)))}"]
    for i, text in enumerate(said):
        rules += spans(f"said{i}", text)
    lines = list(dict.fromkeys(copied_lines(observation)))
    rules.append(f"line ::= {either(quote(line)[1:-1] for line in lines) or 'said'}")
    dates = any(_DATE_HINT.search(e.hint) for e in observation.elements)
    date = " | [0-9]{1,4} [-/.] [0-9]{1,4} [-/.] [0-9]{1,4}" if dates else ""
    rules.append(f'text ::= "\\"" (said | line{date})? "\\""')
    rules.append('url ::= "\\"" said "\\""')
    rules.append(
        'missing ::= "\\"There is no \\\\\\"" said "\\\\\\" on this page.\\"" | "\\"页面上没有“" said "”。\\""'
        + "".join(f" | {either([quote(text)])}" for text in _dismissed(observation))
    )
    names = [quote(e.name)[1:-1] for e in observation.elements if e.name] or ["this page"]
    rules.append(f"name ::= {either(dict.fromkeys(names))}")
    rules.append('question ::= "\\"What should I enter for " name "?\\"" | "\\"“" name "”应填什么？\\""')
    rules.append('told ::= "\\"Done.\\"" | "\\"完成。\\"" | "\\"" line "\\""')
    finish = '"message=" (told | missing ", success=False")'
    found = [number for text in said for number in _DIGITS.findall(text)]
    numbers = dict.fromkeys([*found, *(number.lstrip("-") for number in found)])  # the second half of 11-50 is 50
    answers = '"True" | "False"' if _agrees(said, observation) else '"False"'
    return Words(finish, "text", "url", "question", either(numbers) or NUMBER, answers, False, tuple(rules))


def spans(name: str, text: str) -> list[str]:
    """Rules for every run of whole words of `text`; a Chinese character is a word, and so is a sign."""
    chunks = _CHUNK.findall(text.strip())
    rules = [f"{name} ::= {' | '.join(f'{name}x{i}' for i, chunk in enumerate(chunks) if not chunk.isspace())}"]
    for i, chunk in enumerate(chunks):
        optional = "" if chunk.isspace() else "?"  # no run ends in a space
        after = f" {name}x{i + 1}{optional}" if i + 1 < len(chunks) else ""
        rules.append(f"{name}x{i} ::= {either([quote(chunk)[1:-1]])}{after}")
    return rules


def copied_lines(observation: Observation) -> Iterable[str]:
    """What on the page is copied as a whole: lines, cells of a row, what stands after a colon, values."""
    for item in observation.items:
        text = flat(item.text if isinstance(item, Text) else item.name, 400)
        if text:
            yield text
        yield from (cell for cell in text.split(" | ") if cell) if " | " in text else ()
        head, colon, tail = text.partition(": ")
        yield from (part for part in (head, tail) if colon and part)
        if isinstance(item, Element) and item.value and item.type != "password":
            yield flat(item.value, 400)


_AGREED = re.compile(r"\b(accept|agree|confirm|ok|okay|yes)\b|接受|同意|确认|确定|是的|好的", re.IGNORECASE)


def _agrees(said: Iterable[str], observation: Observation) -> bool:
    """Whether a dialog may be accepted: an alert always; another when the task or an answer speaks of it."""
    dialog = observation.dialog
    return bool(dialog) and (dialog.kind == "alert" or any(_AGREED.search(text) for text in said))


def _dismissed(observation: Observation) -> list[str]:
    if not observation.dialog or observation.dialog.open:
        return []
    message = observation.dialog.message
    return [f'The page asked "{message}" and the dialog was dismissed.', f"页面询问“{message}”，该对话框已被关闭。"]


# ---------------------------------------------------------------- literals


def either(literals: Iterable[str]) -> str:
    return " | ".join('"' + _escape(text) + '"' for text in literals)


def _escape(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return _CONTROL.sub(lambda m: f"\\x{ord(m[0]):02x}", text)


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def quote(text: str) -> str:
    """`text` between double quotes, on one line; `unquote` in `calls.py` reads it back."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + _CONTROL.sub("", text) + '"'


def flat(text: str, most: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"
