"""A run's steps as the scenes of a test: what was done, on what, and what the page was before and after. Pure.

Left out: mistakes, notes, waiting, what was done twice. What opens a dialog is one scene with its answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from autoglm.errors import ExportError
from autoglm.types import (
    Action,
    Click,
    Dialog,
    Element,
    Expand,
    Extract,
    Finish,
    Hover,
    JsDialog,
    Note,
    Observation,
    OnElement,
    Run,
    Scroll,
    Step,
    TakeOver,
    Target,
    Type,
    Upload,
    Wait,
)
from autoglm.types import Ask as AskPerson


@dataclass(frozen=True, slots=True)
class Answered:
    """A JavaScript dialog and its answer."""

    dialog: JsDialog
    accept: bool
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    action: Action
    targets: tuple[Target, ...]
    before: Observation
    after: Observation
    answered: tuple[Answered, ...] = ()
    dropped: bool = False
    """Whether files were dropped on it, for it asked for none when it was clicked."""
    waited_s: float = 0.0
    """How long the run waited for what it led to, beyond what every look waits."""

    @property
    def element(self) -> Element | None:
        """What it was done on, as it was seen before."""
        ref = getattr(self.action, "ref", None)
        return self.before.find(ref) if isinstance(ref, int) else None


@dataclass(frozen=True, slots=True)
class Story:
    url: str
    """Where it begins."""
    begin: Observation
    scenes: tuple[Scene, ...]

    @property
    def end(self) -> Observation:
        return self.scenes[-1].after if self.scenes else self.begin


def story(run: Run, steps: Sequence[Step]) -> Story:
    """Raises ExportError for a run that cannot become a test."""
    if run.outcome != "finished":
        state = run.outcome or "not over"
        raise ExportError(f"run {run.id} is {state}; only a run that finished its task becomes a test")
    by_hand = [step.index + 1 for step in steps if isinstance(step.action, TakeOver) and not step.error]
    if by_hand:
        raise ExportError(
            f"step {by_hand[0]} of run {run.id} was done by a person, which was not recorded; run it again"
        )
    scenes = _scenes(steps)
    if not scenes:
        raise ExportError(f"run {run.id} did nothing in the browser that a test could repeat")
    return Story(_beginning(steps), steps[0].observation, tuple(_tidied(scenes)))


def _beginning(steps: Sequence[Step]) -> str:
    url = steps[0].observation.url
    return "" if url == "about:blank" else url


def _scenes(steps: Sequence[Step]) -> list[Scene]:
    scenes: list[Scene] = []
    for step, after in zip(steps, [*(step.observation for step in steps[1:]), None], strict=True):
        if after is None or step.error or not step.action:
            # What went wrong may have changed something all the same: the scene before goes on until here.
            if scenes and after and step.action:
                scenes[-1] = replace(scenes[-1], after=_joined(scenes[-1].after, after))
            continue
        match step.action:
            case Dialog(accept, text) if scenes:
                asked = step.observation.dialog or JsDialog("confirm", "")
                scenes[-1] = replace(
                    scenes[-1],
                    after=_joined(scenes[-1].after, after),
                    answered=(*scenes[-1].answered, Answered(asked, accept, text), *_dismissed(after)),
                )
            case Note() | Expand() | Extract() | AskPerson() | Finish() | Wait() | TakeOver() | Dialog():
                if scenes:
                    more_s = step.action.seconds if isinstance(step.action, Wait) else 0.0
                    waited_s = scenes[-1].waited_s + more_s
                    scenes[-1] = replace(scenes[-1], after=_joined(scenes[-1].after, after), waited_s=waited_s)
            case Scroll() if not _shows_more(step.observation, after):
                if scenes:
                    scenes[-1] = replace(scenes[-1], after=_joined(scenes[-1].after, after))
            case action:
                dropped = isinstance(action, Upload) and (step.outcome or "").startswith("dropped ")
                scenes.append(Scene(action, step.targets, step.observation, after, _dismissed(after), dropped))
    return scenes


def _dismissed(after: Observation) -> tuple[Answered, ...]:
    """What opened and was not left to the model."""
    return (Answered(after.dialog, accept=False),) if after.dialog and not after.dialog.open else ()


def _joined(earlier: Observation, later: Observation) -> Observation:
    """The later look, with what came since the earlier one was begun."""
    return replace(
        later,
        downloads=(*earlier.downloads, *later.downloads),
        responses=(*earlier.responses, *later.responses),
    )


def _shows_more(before: Observation, after: Observation) -> bool:
    """Whether scrolling brought something to the page that was not there."""
    known = {(each.role, each.name) for each in before.elements}
    return any((each.role, each.name) not in known for each in after.elements)


def _tidied(scenes: Sequence[Scene]) -> list[Scene]:
    """Without what a later scene makes needless: a click into a field that is then filled in, a text typed over."""
    kept: list[Scene] = []
    for scene in scenes:
        while kept and _needless(kept[-1], scene):
            scene = replace(scene, before=kept.pop().before)  # noqa: PLW2901
        kept.append(scene)
    return kept


def _needless(first: Scene, then: Scene) -> bool:
    if first.answered or first.after.downloads or len(first.after.tabs) != len(first.before.tabs):
        return False
    if any(not response.reads for response in first.after.responses):
        return False
    same = isinstance(then.action, OnElement) and first.targets == then.targets and bool(then.targets)
    match first.action, then.action:
        case Click(), Type():
            return same and first.before.url == first.after.url
        case Type(), Type():
            return same
        case Hover(), Click() | Hover():
            return same
        case _:
            return False
