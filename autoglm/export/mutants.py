"""Pages that are not quite that of the run: broken ones, which a test must see, and harmless ones. Pure.

What is changed is taken from the recording, never from the test, so that a test which asserts too little is found out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from autoglm.export.scenes import Scene, Story
from autoglm.seams import Json
from autoglm.types import Observation, Response, Target, Text, Type

Kind = (
    Literal["renamed", "removed", "dead", "says", "asks", "unsaved", "forgotten", "fails"]
    | Literal["classes", "wrapped", "order", "banner", "slow"]
)
HARMLESS: tuple[Kind, ...] = ("classes", "wrapped", "order", "banner", "slow")
LOUD = ("alert", "status", "heading", "dialog")
"""What a page says so that it is noticed."""
MOST_TARGETS = 3
MOST_VALUES = 2
PICKED = ("option", "menuitem", "gridcell", "treeitem")
"""What is picked from a list takes the place of what was typed to find it."""


@dataclass(frozen=True, slots=True)
class Mutant:
    kind: Kind
    about: str
    """In words, for the report."""
    targets: tuple[Target, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def harmless(self) -> bool:
        return self.kind in HARMLESS

    def json(self) -> Json:
        """As mutants.js takes it."""
        targets = [
            {
                "tag": target.tag,
                "name": target.name,
                "paths": [way.value for way in target.locators if way.kind == "path"],
            }
            for target in self.targets
        ]
        return {"kind": self.kind, "harmless": self.harmless, "targets": targets, "texts": list(self.texts)}


def mutants(story: Story) -> tuple[Mutant, ...]:
    """The broken ones first."""
    return (*_broken(story), *_harmless(story))


def _broken(story: Story) -> Iterator[Mutant]:
    targets = list(dict.fromkeys(target for scene in story.scenes for target in scene.targets))
    some = targets if len(targets) <= MOST_TARGETS else [*targets[: MOST_TARGETS - 1], targets[-1]]
    for target in some:
        if target.name:
            yield Mutant("renamed", f"{target.name!r} is called something else", (target,))
    for target in dict.fromkeys((*some[:1], *some[-1:])):
        yield Mutant("removed", f"{target.name or target.tag!r} is not there", (target,))
    last = story.scenes[-1]
    if last.targets and not isinstance(last.action, Type):
        yield Mutant("dead", f"{last.targets[0].name or last.targets[0].tag!r} does nothing", last.targets[:1])
    yield from _results(last)
    if any(scene.answered for scene in story.scenes):
        yield Mutant("asks", "the dialog says something else")
    saves = any(_changes(scene.after.responses) for scene in story.scenes)
    typed = [scene for scene in story.scenes if isinstance(scene.action, Type) and scene.action.text]
    picked = any(target.role in PICKED for target in targets)
    for scene in typed[: MOST_VALUES if saves or not picked else 0]:
        assert isinstance(scene.action, Type)
        name = scene.targets[0].name if scene.targets else ""
        kind: Kind = "unsaved" if saves else "forgotten"
        yield Mutant(kind, f"what was typed into {name!r} is not saved", scene.targets, (scene.action.text,))
    if saves:
        yield Mutant("fails", "the server answers 500 to what is sent")


def _results(last: Scene) -> Iterator[Mutant]:
    texts = list(_new_texts(last.before, last.after))
    loud = [item for item in texts if item.role in LOUD]
    if texts:
        yield Mutant("says", "the result says something else", texts=tuple(_pieces(item.text for item in texts)))
    if loud and len(texts) > 1:
        yield Mutant("says", f"{loud[0].text!r:.60} says something else", texts=tuple(_pieces([loud[0].text])))


def _new_texts(before: Observation, after: Observation) -> Iterator[Text]:
    there = Counter((item.role, item.text) for item in before.items if isinstance(item, Text))
    for item in after.items:
        if isinstance(item, Text) and item.role != "note" and re.search(r"\w", item.text):
            there[item.role, item.text] -= 1
            if there[item.role, item.text] < 0:
                yield item


def _pieces(texts: Sequence[str] | Iterator[str]) -> Iterator[str]:
    for text in texts:
        yield from (part.strip() for part in text.split(" | ") if part.strip())


def _changes(responses: Sequence[Response]) -> bool:
    return any(response.wrote for response in responses)


def _harmless(story: Story) -> Iterator[Mutant]:
    targets = tuple(dict.fromkeys(target for scene in story.scenes for target in scene.targets))
    named = tuple(target for target in targets if target.name)
    if targets:
        yield Mutant("classes", "classes are called something else", targets)
        yield Mutant("wrapped", "there is a box around each element", targets)
    if named:
        yield Mutant("order", "fields and buttons stand in another order", named)
    yield Mutant("banner", "there is a line more at the top")
    yield Mutant("slow", "every answer takes 0.2 s longer")
