"""A script as Python: for its rehearsal with all ways, and as the test with those that held. Pure."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from autoglm.export.script import Check, Code, Do, Gap, Line, Script, Sent, Waiting
from autoglm.export.words import SERVER, literal


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What the rehearsal showed, by the number of the line."""

    chosen: Mapping[int, int]
    """Which way held."""
    sent: Mapping[int, Sequence[tuple[str, str]]]
    """The keys of a request's body that carried a parameter."""


def rehearsal(script: Script) -> str:
    """The module in which every way is tried."""
    return _module(script, list(_Rehearsal().render(script.lines)), fixtures="rehearsal")


def test_module(script: Script, rehearsed: Rehearsed) -> str:
    """The module as a person would write it; to be formatted."""
    return _module(script, _with_frames_named(list(_Final(rehearsed).render(script.lines))))


test_module.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for one


class _Rehearsal:
    def __init__(self) -> None:
        self.count = 0

    def render(self, lines: Sequence[Line]) -> Iterator[str]:
        for line in lines:
            match line:
                case Do(ways):
                    yield self.call("do", ways)
                case Check(ways, bare):
                    yield self.call("check", tuple(f"rehearsal.true({way})" for way in ways) if bare else ways)
                case Waiting(heads, body):
                    yield f"with {', '.join(heads)}:"
                    yield from (f"    {each}" for each in self.render(body))
                case Sent(variable, values):
                    parameters = {value: name for name, value in values}
                    yield self.call("sent", (variable,), f", {parameters!r}")
                case Code(code):
                    yield code
                case Gap():
                    yield ""

    def call(self, what: str, ways: tuple[str, ...], more: str = "") -> str:
        number, self.count = self.count, self.count + 1
        tried = ", ".join(f"lambda: {way}" for way in ways)
        return f"rehearsal.{what}({number}, [{tried}]{more})"


class _Final:
    def __init__(self, rehearsed: Rehearsed) -> None:
        self.rehearsed = rehearsed
        self.count = 0

    def render(self, lines: Sequence[Line]) -> Iterator[str]:
        for line in lines:
            match line:
                case Do(ways):
                    yield ways[self.rehearsed.chosen.get(self.next(), 0)]
                case Check(ways, bare):
                    chosen = self.rehearsed.chosen.get(self.next())
                    if chosen is not None:
                        yield f"assert {ways[chosen]}" if bare else ways[chosen]
                case Waiting(heads, body):
                    yield f"with {', '.join(heads)}:"
                    yield from (f"    {each}" for each in self.render(body))
                case Sent(variable):
                    yield from _sent(variable, self.rehearsed.sent.get(self.next(), ()))
                case Code(code):
                    yield code
                case Gap():
                    yield ""

    def next(self) -> int:
        number, self.count = self.count, self.count + 1
        return number


def _sent(variable: str, carried: Sequence[tuple[str, str]]) -> Iterator[str]:
    if len(carried) == 1:
        ((key, name),) = carried
        yield f"assert {variable}.post_data_json[{literal(key)}] == {name}"
    elif carried:
        yield f"sent = {variable}.post_data_json"
        yield from (f"assert sent[{literal(key)}] == {name}" for key, name in carried)


FRAME = re.compile(r'page\.(?:get_by_\w+\("[^"]*"\)\.content_frame|frame_locator\("[^"]*"\))')


def _with_frames_named(lines: list[str]) -> list[str]:
    """A frame that is spoken of more than once has a name, given where the test begins."""
    count = Counter(found for line in lines for found in FRAME.findall(line))
    several = [scope for scope, times in count.items() if times > 1]
    named = {scope: "frame" if i == 0 else f"frame_{i + 1}" for i, scope in enumerate(several)}
    for scope, name in named.items():
        lines = [line.replace(scope, name) for line in lines]
    return [*lines[:1], *(f"{name} = {scope}" for scope, name in named.items()), *lines[1:]]


# ---------------------------------------------------------------- the module around the lines


def _module(script: Script, body: list[str], fixtures: str = "") -> str:
    code = "\n".join(f"    {line}" if line else "" for line in _without_needless_gaps(body))
    head = [f'"""{_docstring(script)}"""', "", *_imports(script, code)]
    if SERVER in code:
        head += ["", f"{SERVER} = os.environ.get({literal(SERVER)}, {literal(script.server)})"]
    if script.files:
        head += ["", f"FILES = Path(__file__).with_name({literal(files_folder(script))})"]
    parts = ["\n".join(head), *(_secret(secret.name, secret.variable, secret.field) for secret in script.secrets)]
    parts.append(_test(script, code, fixtures))
    return "\n\n\n".join(parts) + "\n"


def files_folder(script: Script) -> str:
    """Beside the test, for the files that it gives to the page."""
    return f"{script.name}_files"


def _docstring(script: Script) -> str:
    text = " ".join(script.task.split()).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    text = "".join(each for each in text if each.isprintable())
    if text.endswith('"'):
        text += " "
    if len(text) <= 80:
        return text
    return "\n".join(textwrap.wrap(text, 85, break_long_words=False, break_on_hyphens=False)) + "\n"


def _imports(script: Script, code: str) -> Iterator[str]:
    if script.secrets or SERVER in code:
        yield "import os"
    if re.search(r"\bre\.(?:compile|search)\(", code):
        yield "import re"
    if script.files:
        yield "from pathlib import Path"
    yield ""
    if script.parameters or script.secrets:
        yield "import pytest"
    names = ["Dialog"] if "dialog: Dialog" in code else []
    names += ["Page"] + (["expect"] if "expect(" in code.replace("page.expect_", "") else [])
    yield f"from playwright.sync_api import {', '.join(names)}"


def _secret(name: str, variable: str, field: str) -> str:
    why = f"set {variable}: what is typed into {field.rstrip(': *') or 'the field'} is not kept here"
    return textwrap.dedent(f"""\
        @pytest.fixture
        def {name}() -> str:
            if not (value := os.environ.get({literal(variable)})):
                pytest.skip({literal(why)})
            return value""")


def _test(script: Script, code: str, fixtures: str) -> str:
    arguments = ["page: Page", *(f"{each.name}: str" for each in (*script.parameters, *script.secrets))]
    arguments += [fixtures] if fixtures else []
    lines: list[str] = []
    match script.parameters:
        case ():
            pass
        case (one,):
            lines.append(f"@pytest.mark.parametrize({literal(one.name)}, [{literal(one.value)}])")
        case several:
            names = ", ".join(literal(each.name) for each in several)
            values = ", ".join(literal(each.value) for each in several)
            lines.append(f"@pytest.mark.parametrize(({names}), [({values})])")
    lines.append(f"def {script.name}({', '.join(arguments)}) -> None:")
    return "\n".join([*lines, code])


def _without_needless_gaps(lines: list[str]) -> list[str]:
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    return kept
