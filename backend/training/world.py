"""A make-believe page: nodes that hold values and react to actions. Gives Observations; knows nothing of tasks.

The same nodes can be written as HTML (`html.py`) and read back by the real page script; `World.adopt` then takes over
what it read, so that training sees pages as they will be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from autoglm.types import (
    Action,
    Check,
    Click,
    Element,
    Goto,
    JsDialog,
    Observation,
    Press,
    ScrollPosition,
    Select,
    Text,
    Type,
    Verb,
)
from training.words import Rng

TEXT_TAKES: tuple[Verb, ...] = ("Click", "Type")


@dataclass(eq=False)
class Node:
    """A control, or (with `takes` None) a text."""

    role: str
    name: str
    value: str | None = None
    states: list[str] = field(default_factory=list[str])
    options: tuple[str, ...] = ()
    takes: tuple[Verb, ...] | None = None
    multiple: bool = False
    type: str = ""
    hint: str = ""
    group: str = ""
    """Radio buttons of one group exclude each other."""
    click: Callable[[World], None] | None = None
    typed: Callable[[World], None] | None = None
    style: str = ""
    """How `html.py` is to write it, where that matters."""
    read: tuple[Element | Text, ...] | None = None
    """What the page script made of it, once adopted."""

    def state(self, name: str, on: bool) -> None:
        if on != (name in self.states):
            self.states.append(name) if on else self.states.remove(name)


class World:
    def __init__(self, rng: Rng, url: str, title: str, nodes: Sequence[Node] = ()) -> None:
        self.rng, self.url, self.title = rng, url, title
        self.nodes = list(nodes)
        self.dialog: JsDialog | None = None
        self.settled = True
        self.more = False
        self.scroll = ScrollPosition()
        self.refs: dict[Node, int] = {}
        self.next_ref = (
            1 if (roll := rng.random()) < 0.65 else rng.randint(2, 300) if roll < 0.93 else rng.randint(300, 4000)
        )
        self.gappy = rng.random() < 0.3
        self.focus: Node | None = None
        self.show_focus = rng.random() < 0.9
        self.answer = ""
        """What a person would answer when asked."""

    # ---------------------------------------------------------------- reading

    def ref(self, node: Node) -> int:
        if node not in self.refs:
            self.next_ref += 1 if not self.gappy else self.rng.choice([1, 1, 1, 2, 3, 7])
            self.refs[node] = self.next_ref - 1
        return self.refs[node]

    def observation(self) -> Observation:
        items: list[Element | Text] = []
        for node in self.nodes:
            items += self.items(node)
        return Observation(
            self.url,
            self.title,
            tuple(items),
            self.scroll,
            dialog=self.dialog,
            truncated=self.more,
            settled=self.settled,
        )

    def items(self, node: Node) -> list[Element | Text]:
        if node.takes is None:
            if node.read is not None:
                return list(node.read)
            return [Text(node.role, node.name)]
        element = Element(
            self.ref(node),
            node.role,
            node.name,
            node.value,
            (),
            node.options,
            node.takes,
            node.multiple,
            node.type,
            node.hint,
        )
        before: list[Element | Text] = []
        after: list[Element | Text] = []
        if node.read:
            at = next(i for i, item in enumerate(node.read) if isinstance(item, Element))
            real = node.read[at]
            assert isinstance(real, Element)
            element = replace(real, ref=element.ref, value=node.value if real.value is not None else None)
            before, after = list(node.read[:at]), list(node.read[at + 1 :])
        states = list(node.states)
        if self.show_focus and self.focus is node:
            states.append("focused")
        takes = () if "disabled" in states or "covered" in states else element.takes
        return [*before, replace(element, states=tuple(states), takes=takes), *after]

    def node(self, ref: int) -> Node:
        return next(n for n, r in self.refs.items() if r == ref)

    # ---------------------------------------------------------------- acting

    def apply(self, action: Action) -> None:
        """What a real page would do."""
        self.dialog = None
        match action:
            case Type(ref, text):
                node = self.focus = self.node(ref)
                node.value = "•" * len(text) if node.type == "password" else text
                node.state("invalid", False)
                if node.typed:
                    node.typed(self)
            case Select(ref, options):
                node = self.focus = self.node(ref)
                node.value = ", ".join(options)
                if node.typed:
                    node.typed(self)
            case Check(ref, on):
                self.check(self.node(ref), on)
            case Click(ref):
                node = self.focus = self.node(ref)
                if node.click:
                    node.click(self)
            case Press(_, ref) if ref is not None:
                node = self.focus = self.node(ref)
                if node.click:
                    node.click(self)
            case Press(_, None):
                if self.focus and self.focus.click:
                    self.focus.click(self)
            case Goto(url):
                self.url = url
            case _:
                pass

    def check(self, node: Node, on: bool) -> None:
        self.focus = node
        if node.group:
            for other in self.nodes:
                if other.group == node.group:
                    other.state("on", False)
                    other.state("off", True)
        node.state("on", on)
        node.state("off", not on)
        if node.click:
            node.click(self)

    def show(self, nodes: Sequence[Node], after: Node | None = None) -> None:
        at = self.nodes.index(after) + 1 if after in self.nodes and after else len(self.nodes)
        self.nodes[at:at] = [n for n in nodes if n not in self.nodes]

    def hide(self, nodes: Sequence[Node]) -> None:
        gone = set(map(id, nodes))
        self.nodes = [n for n in self.nodes if id(n) not in gone]

    def goto(self, url: str, title: str, nodes: Sequence[Node]) -> None:
        self.url, self.title, self.nodes, self.focus = url, title, list(nodes), None
        if self.rng.random() < 0.8:  # a new document counts from 1 again
            self.refs, self.next_ref = {}, 1

    def adopt(self, actionable: Sequence[tuple[Element | Text, ...]], rest: tuple[Element | Text, ...]) -> bool:
        """Take over what the page script read: a run of items per control, each with one Element. False if they differ."""
        controls = [n for n in self.nodes if n.takes is not None]
        if len(controls) != len(actionable):
            return False
        for node, items in zip(controls, actionable, strict=True):
            node.read = items
        self.nodes = [*controls]
        if rest:
            self.nodes.append(Node("text", "", read=rest))
        return True


# ---------------------------------------------------------------- nodes, as the page script would report them


def text(role: str, content: str) -> Node:
    return Node(role, content)


def button(name: str, click: Callable[[World], None] | None = None, role: str = "button") -> Node:
    return Node(role, name, takes=("Click",), click=click)


def link(name: str, click: Callable[[World], None] | None = None) -> Node:
    return Node("link", name, takes=("Click",), click=click)


def textbox(name: str, value: str = "", role: str = "textbox", type: str = "", hint: str = "") -> Node:
    return Node(role, name, value, takes=TEXT_TAKES, type=type, hint=hint)


def checkbox(name: str, on: bool = False, role: str = "checkbox", group: str = "") -> Node:
    return Node(role, name, states=["on" if on else "off"], takes=("Check",), group=group)


def select(name: str, options: Sequence[str], value: str, multiple: bool = False, listbox: bool = False) -> Node:
    role = "listbox" if multiple or listbox else "combobox"
    return Node(role, name, value, options=tuple(options), takes=("Select",), multiple=multiple)
