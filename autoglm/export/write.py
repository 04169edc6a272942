"""The scenes of a run as the lines of a test. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from urllib.parse import urlsplit

from autoglm.conditions import lines
from autoglm.errors import ExportError
from autoglm.export import checks
from autoglm.export.locate import located
from autoglm.export.naming import test_name, variable
from autoglm.export.scenes import Answered, Scene, Story
from autoglm.export.script import Check, Code, Do, Gap, Line, Parameter, Script, Secret, Sent, Waiting
from autoglm.export.secret import is_secret, secrets_of, without
from autoglm.export.words import SERVER, Words, literal
from autoglm.types import (
    Back,
    Click,
    CloseTab,
    DoubleClick,
    Drag,
    Element,
    Goto,
    Hover,
    NewTab,
    Press,
    Response,
    RightClick,
    Run,
    Scroll,
    Select,
    Step,
    SwitchTab,
    Target,
    Type,
    Upload,
)
from autoglm.types import Check as CheckBox

FILES = "FILES"
"""The constant that says where a test's files lie."""
KINDS = {"spinbutton": "number", "searchbox": "query", "slider": "number"}
"""What is typed there, where a field has no name that Python could write."""


def write(run: Run, steps: Sequence[Step], story: Story, fallback: str) -> Script:
    """`fallback` names the test when the task has no words for it. Raises ExportError."""
    secrets = secrets_of(steps)
    return _Writer(run, story, secrets, fallback).script()


@dataclass(slots=True)
class _Writer:
    """What is known while the lines are put down, one scene after another."""

    run: Run
    story: Story
    secrets: dict[str, str]
    fallback: str
    pages: list[str] = field(default_factory=lambda: ["page"])
    """The variable of each tab."""
    page: str = "page"
    taken: set[str] = field(default_factory=lambda: {"page"})
    values: dict[str, str] = field(default_factory=dict[str, str])
    """What was typed so far: by value the variable."""
    before: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """By value the lines of the page that it was typed into."""
    parameters: list[Parameter] = field(default_factory=list[Parameter])
    known_secrets: list[Secret] = field(default_factory=list[Secret])
    files: list[str] = field(default_factory=list[str])
    lines: list[Line] = field(default_factory=list[Line])
    focused: str = ""
    """What Playwright would call the field that was filled in last."""

    def script(self) -> Script:
        if self.story.url:
            parts = urlsplit(self.story.url)
            server = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
            self.values |= {server: SERVER} if server else {}
            self.lines.append(Do((f"page.goto({self.words.address(self.story.url)})",)))
        last = len(self.story.scenes) - 1
        for i, scene in enumerate(self.story.scenes):
            self.scene(scene, last=i == last)
        self.fields_at_the_end()
        return Script(
            test_name(without(self.secrets, self.run.task), self.fallback),
            without(self.secrets, self.run.task),
            self.run.id,
            tuple(self.parameters),
            tuple(self.known_secrets),
            tuple(self.lines),
            next((value for value, name in self.values.items() if name == SERVER), ""),
            tuple(self.files),
        )

    @property
    def words(self) -> Words:
        return Words(self.values, self.before)

    # ------------------------------------------------------------ a scene

    def scene(self, scene: Scene, *, last: bool) -> None:
        told = self.listen(scene.answered)
        heads, after = self.waited_for(scene)
        body = tuple(self.actions(scene))
        if heads and body:
            self.lines.append(Waiting(tuple(heads), body))
        else:
            self.lines.extend(body)
        self.lines.extend(after)
        self.lines.extend(told)
        self.follow(scene)
        asserted = (checks.at_the_end if last else checks.on_the_way)(scene, self.page, self.words)
        found = [checks.patient(each, scene.waited_s) for each in asserted]
        if found and last:
            self.lines.append(Gap())
        self.lines.extend(found)
        if found and not last:
            self.lines.append(Gap())

    def actions(self, scene: Scene) -> Iterator[Do]:
        """In Playwright's words."""
        page, words = self.page, self.words
        at = [located(target, page, words) for target in scene.targets]
        match scene.action:
            case Type(_, text):
                value = self.value(scene, text)
                yield self.on(at, f"fill({value})", f"press_sequentially({value})", scene=scene)
                self.focused = at[0][0] if at else ""
                return
            case Press(key, ref):
                place = at[0] if at else [self.focused] if self.focused and ref is None else []
                yield (
                    Do(tuple(f"{each}.press({literal(key)})" for each in place))
                    if place
                    else Do((f"{page}.keyboard.press({literal(key)})",))
                )
                return
            case Click() if scene.targets and scene.targets[0].tag == "area":
                yield self.on(at, 'press("Enter")', scene=scene)  # drawn nowhere, to Playwright
            case Click():
                if _is_picture(scene):
                    yield self.on(at, "hover()", scene=scene)
                yield self.on(at, f"click({_click(scene)})", scene=scene)
            case DoubleClick():
                yield self.on(at, "dblclick()", scene=scene)
            case RightClick():
                yield self.on(at, 'click(button="right")', scene=scene)
            case Hover():
                yield self.on(at, "hover()", scene=scene)
            case CheckBox(_, state):
                yield self.on(at, "check()" if state else "uncheck()", "click()", scene=scene)
            case Select(_, options):
                yield from self.select(scene, at, options)
            case Upload(_, files):
                yield self.upload(scene, at, files)
            case Drag():
                yield from self.drag(scene, at)
            case Scroll(direction, _, to) if to is not None:
                ends = (
                    "scrollWidth - el.clientWidth"
                    if direction in ("left", "right")
                    else "scrollHeight - el.clientHeight"
                )
                place = "scrollLeft" if direction in ("left", "right") else "scrollTop"
                own = f"evaluate({literal(f'(el, percent) => el.{place} = percent / 100 * (el.{ends})')}, {to:g})"
                yield self.on(at, own, scene=scene) if at else Do((f'{page}.locator("html").{own}',))
            case Scroll():
                yield Do((f"{page}.mouse.wheel(0, 600)",))
            case Goto(url):
                yield Do((f"{page}.goto({words.address(url)})",))
            case Back():
                yield Do((f"{page}.go_back()",))
            case NewTab() | SwitchTab() | CloseTab():
                pass
            case other:
                raise ExportError(f"{type(other).__name__} has no form in a test")
        self.focused = ""

    def on(self, at: Sequence[Sequence[str]], *calls: str, scene: Scene) -> Do:
        if not at or not at[0]:
            name = scene.element.name if scene.element else ""
            raise ExportError(
                f"what was acted on in run {self.run.id}, {name!r}, was not recorded so that Playwright finds it: "
                "it lies in a closed shadow root, or the run is older than this version; record the run again"
            )
        return Do(tuple(f"{place}.{call}" for call in calls for place in at[0]))

    def value(self, scene: Scene, text: str) -> str:
        """The source of what is typed: a parameter, or a secret's fixture."""
        if text in self.values:
            return self.values[text]
        if not text:
            return '""'
        element = scene.element
        target = scene.targets[0] if scene.targets else None
        field_name = (element.name if element else "") or (target.name if target else "")
        kind = (element.type or KINDS.get(element.role, "")) if element else ""
        name = variable(field_name, self.taken) or variable(kind or "text", self.taken)
        self.taken.add(name)
        self.values[text] = name
        self.before[text] = tuple(lines(scene.before))
        if element and is_secret(element):
            self.known_secrets.append(Secret(name, self.secrets[text], field_name))
        else:
            self.parameters.append(Parameter(name, text))
        return name

    def select(self, scene: Scene, at: Sequence[Sequence[str]], options: tuple[str, ...]) -> Iterator[Do]:
        chosen = literal(options[0]) if len(options) == 1 else f"[{', '.join(map(literal, options))}]"
        if scene.targets and scene.targets[0].tag == "select":
            yield self.on(at, f"select_option({chosen})", f"select_option(label={chosen})", scene=scene)
            return
        if scene.targets and scene.targets[0].role != "listbox":
            yield self.on(at, "click()", scene=scene)
        for option in options:
            within = [f"{place}.get_by_role" for place in (at[0] if at else ())] + [f"{self.page}.get_by_role"]
            named = [
                f'("option", name={literal(option)}, exact=True).click()',
                f'("option", name={literal(option)}).click()',
            ]
            yield Do(tuple(f"{place}{call}" for place in reversed(within) for call in reversed(named)))

    def upload(self, scene: Scene, at: Sequence[Sequence[str]], files: tuple[str, ...]) -> Do:
        paths = [f"{FILES} / {literal(PurePath(file).name)}" for file in files]
        self.files += [file for file in files if file not in self.files]
        given = paths[0] if len(paths) == 1 else f"[{', '.join(paths)}]"
        if scene.targets and scene.targets[0].tag == "input":
            return self.on(at, f"set_input_files({given})", scene=scene)
        if scene.dropped:
            return self.on(at, f'drop({{"files": {given}}})', scene=scene)
        self.lines.append(
            Waiting((f"{self.page}.expect_file_chooser() as chooser_info",), (self.on(at, "click()", scene=scene),))
        )
        return Do((f"chooser_info.value.set_files({given})",))

    def drag(self, scene: Scene, at: Sequence[Sequence[str]]) -> Iterator[Do]:
        assert isinstance(scene.action, Drag)
        action = scene.action
        if len(at) > 1 and not (action.dx or action.dy or action.from_dx or action.from_dy):
            yield Do(tuple(f"{a}.drag_to({b})" for b in at[1] for a in at[0]))
            return
        element = scene.before.find(action.to) if action.to is not None else scene.element
        if not element or not element.box:
            raise ExportError(f"where {scene.element!r} was dragged to is not known; record the run again")
        box = element.box
        start_x, start_y = (action.from_dx, action.from_dy) if action.to is None else (0, 0)
        x, y = box.x + box.width / 2 + start_x + action.dx, box.y + box.height / 2 + start_y + action.dy
        place = "".join(_position(scene.element, action.from_dx, action.from_dy))
        yield self.on(at, f"hover({place})", scene=scene)
        yield Do((f"{self.page}.mouse.down()",))
        yield Do((f"{self.page}.mouse.move({x:.0f}, {y:.0f}, steps=8)",))
        yield Do((f"{self.page}.mouse.up()",))

    # ------------------------------------------------------------ what an action leads to

    def waited_for(self, scene: Scene) -> tuple[list[str], list[Line]]:
        """What is waited for around the action, and the lines that follow."""
        heads: list[str] = []
        after: list[Line] = []
        page = self.page
        if (saved := _saves(scene)) and not scene.answered:
            name = self.new("response")
            wanted = f'response.request.method == "{saved.method}" and {_leads_to(saved.url)}'
            heads.append(f"{page}.expect_response(lambda response: {wanted}) as {name}_info")
            ok = f"{name}_info.value.ok" if 200 <= saved.status < 300 else f"{name}_info.value.status == {saved.status}"
            after.append(Check((ok,), bare=True, result=True))
            after.append(
                Sent(f"{name}_info.value.request", tuple((n, v) for v, n in self.values.items() if n != SERVER))
            )
        files = [file for file in scene.after.downloads if not file.error]
        if files:
            name = self.new("download")
            heads.append(f"{page}.expect_download() as {name}_info")
            named = f"{name}_info.value.suggested_filename == {self.words.source(files[0].name)}"
            after.append(Check((named, f"{name}_info.value.suggested_filename"), bare=True, result=True))
        if len(scene.after.tabs) > len(scene.before.tabs) > 0:
            name = self.new("popup")
            if isinstance(scene.action, NewTab):
                after.append(Code(f"{name} = page.context.new_page()"))
                after.append(Do((f"{name}.goto({self.words.address(scene.action.url)})",)))
            else:
                heads.append(f"{page}.expect_popup() as {name}_info")
                after.insert(0, Code(f"{name} = {name}_info.value"))
            self.pages.append(name)
        if isinstance(scene.action, CloseTab) and scene.action.tab <= len(self.pages):
            after.append(Code(f"{self.pages.pop(scene.action.tab - 1)}.close()"))
        return heads, after

    def listen(self, answered: Sequence[Answered]) -> list[Line]:
        """The lines that follow the action; those before it are put down at once."""
        if not answered:
            return []
        messages, answer = self.new("messages"), self.new("answer")
        first = answered[0]
        reply = "accept" if first.accept else "dismiss"
        text = self.words.source(first.text) if first.text and first.accept else ""
        once = "once" if len(answered) == 1 else "on"
        self.lines += [
            Gap(),
            Code(f"{messages} = []"),
            Gap(),
            Code(f"def {answer}(dialog: Dialog) -> None:"),
            Code(f"    {messages}.append(dialog.message)"),
            Code(f"    dialog.{reply}({text})"),
            Gap(),
            Code(f'{self.page}.{once}("dialog", {answer})'),
        ]
        said = ", ".join(self.words.source(each.dialog.message) for each in answered)
        return [Check((f"{messages} == [{said}]",), bare=True, result=True)]

    def follow(self, scene: Scene) -> None:
        """To the tab that is in front now."""
        tabs = scene.after.tabs
        while len(self.pages) > len(tabs) > 0:
            self.pages.pop()  # it closed by itself; the last one that opened, as pop-ups do
        front = next((i for i, tab in enumerate(tabs) if tab.active), 0)
        self.page = self.pages[min(front, len(self.pages) - 1)]

    def fields_at_the_end(self) -> None:
        decisive = any(isinstance(line, Check) and line.result for line in self.lines)
        if not decisive:
            found = list(checks.fields_hold(self.story.scenes, self.page, self.words))
            self.lines += [Gap(), *found] if found else []

    def new(self, name: str) -> str:
        found = next(each for each in (name, *(f"{name}_{n}" for n in range(2, 99))) if each not in self.taken)
        self.taken.add(found)
        return found


def _is_picture(scene: Scene) -> bool:
    """Whether it may show another picture under the mouse, and nothing until that has come."""
    return len(scene.targets) == 1 and not (scene.targets[0].name or scene.targets[0].role)


def _click(scene: Scene) -> str:
    """What else a click is told: keys that are held, a place in a canvas."""
    action, element = scene.action, scene.element
    assert isinstance(action, Click)
    told: list[str] = []
    if action.held:
        told.append(f"modifiers=[{', '.join(map(literal, action.held.split('+')))}]")
    told += _position(element, action.dx, action.dy)
    return ", ".join(told)


def _leads_to(url: str) -> str:
    """The condition on a response's address; what is numbered now may have another number the next time."""
    path = urlsplit(url).path
    parts = ["[^/]+" if part.isdecimal() else re.escape(part) for part in path.split("/")]
    if "[^/]+" not in parts:
        return f"{literal(path)} in response.url"
    return f're.search(r"{"/".join(parts)}", response.url)'


def _position(element: Element | None, dx: float, dy: float) -> Iterator[str]:
    """A place in a canvas, given from its middle."""
    if (dx or dy) and element and element.box:
        x, y = element.box.width / 2 + dx, element.box.height / 2 + dy
        yield f'position={{"x": {x:.0f}, "y": {y:.0f}}}'


def _saves(scene: Scene) -> Response | None:
    """The answer to the request by which the action changed something on the page's own server."""
    host = urlsplit(scene.before.url).netloc
    own = [each for each in scene.after.responses if each.wrote and urlsplit(each.url).netloc == host]
    return next((each for each in own if each.document), own[0] if own else None)


def targets_of(story: Story) -> list[Target]:
    """Each element that was acted on, once."""
    return list(dict.fromkeys(target for scene in story.scenes for target in scene.targets))
