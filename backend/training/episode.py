"""A task on a make-believe page, and the steps of one who does it right, with mishaps on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from autoglm.dialects.ref import quote
from autoglm.types import Action, Ask, Click, Finish, Observation, ScrollPosition, Step, Type
from training.words import Rng, sentence
from training.world import Node, World


@dataclass
class Episode:
    world: World
    task: str
    expert: Iterator[Action]
    """Looks at the world each time it is asked for the next action."""
    pools: dict[Node, tuple[str, ...]] = field(default_factory=dict[Node, tuple[str, ...]])
    """Wrong values that may slip into a field."""
    fails: dict[int, str] = field(default_factory=dict[int, str])
    """Steps that fail, by index, and what is said of it; `{ref}` stands for the element."""
    repeats: bool = False
    """Whether the step before the finish is tried once more and refused."""


@dataclass(frozen=True)
class Example:
    task: str
    steps: tuple[Step, ...]
    observation: Observation
    action: Action


def play(rng: Rng, episode: Episode, mishaps: float = 0.1, most: int = 40) -> list[Example]:
    """Every step of the episode as an example. Mishaps are in the history only: never in what is to be learnt."""
    world, steps, examples = episode.world, list[Step](), list[Example]()
    quirks(rng, episode)
    while len(steps) < most:
        world.observation()  # numbers what is new in reading order, as the page script does, before anyone acts on it
        action = next(episode.expert, None)
        if action is None:
            break
        if rng.random() < mishaps:
            mishap(rng, episode, action, steps)
        page = world.observation()
        if isinstance(action, Finish) and episode.repeats and steps and not steps[-1].error:
            repeated(steps, page)
        examples.append(Example(episode.task, tuple(steps), page, action))
        if failure := episode.fails.get(len(examples) - 1):
            ref = getattr(action, "ref", 0)
            steps.append(Step(len(steps), page, action=action, error=failure.format(ref=ref), mistake=True))
            continue
        world.apply(action)
        outcome = world.answer if isinstance(action, Ask) else "ok"
        steps.append(Step(len(steps), page, action=action, outcome=outcome))
    return examples


def quirks(rng: Rng, episode: Episode) -> None:
    """What pages do to a reader: the task stands on the page, a nameless field is named after what stands before it."""
    world = episode.world
    if world.scroll == ScrollPosition() and rng.random() < 0.3:
        height = rng.randint(760, 5000)
        world.scroll = ScrollPosition(0, rng.choice([0, 0, rng.randint(0, height - 720)]), 1280, height)
    if rng.random() < 0.02 and len(world.nodes) > 3:
        world.settled = False
    if rng.random() < 0.04 and world.nodes:
        world.nodes.insert(0, Node("text", episode.task))
    boxes = [n for n in world.nodes if n.takes and "Type" in n.takes]
    if boxes and not boxes[0].name and rng.random() < 0.6:
        before = world.nodes[: world.nodes.index(boxes[0])]
        named = [n.name for n in before if n.takes is None]
        boxes[0].name = rng.choice([named[-1] if named else "", episode.task, sentence(rng)])


def trouble(rng: Rng, ref: int) -> str:
    """Why a click failed, in the driver's words."""
    what = f"{rng.choice(['div', 'dialog', 'button', 'header', 'span', 'section', 'li'])} {quote(sentence(rng, 1, 5))}"
    return rng.choice(
        [
            f"element [{ref}] is covered by {what}",
            f"element [{ref}] is covered by {what}",
            f"element [{ref}] keeps moving",
            f"element [{ref}] is not visible",
            f"element [{ref}] is gone; there are {rng.randint(1, 90)} on this page now",
            f"element [{ref}] moves away or is covered when the mouse comes near; try another way",
            "the page was left or loaded anew while acting; look again before going on",
        ]
    )


CHANGED = "the page changed while you were finishing; look at it once more"


def mishap(rng: Rng, episode: Episode, action: Action, steps: list[Step]) -> None:
    """Something goes wrong before the right action: an error that passes, a wrong value, a reply that cannot be read."""
    world = episode.world
    page = world.observation()
    index = len(steps)
    match action:
        case Type(ref, _) if world.node(ref) in episode.pools and rng.random() < 0.5:
            wrong = Type(ref, rng.choice(episode.pools[world.node(ref)]))
            if wrong == action or not wrong.text:
                return
            world.apply(wrong)
            steps.append(Step(index, page, action=wrong, outcome="ok"))
        case Click(ref) if rng.random() < 0.8:
            steps.append(
                Step(
                    index,
                    page,
                    action=action,
                    error=trouble(rng, ref),
                    mistake=True,
                )
            )
        case Finish() if rng.random() < 0.7:
            steps.append(Step(index, page, action=action, error=CHANGED, mistake=True))
        case _ if rng.random() < 0.3:
            other = Click(rng.randint(1, 300))
            steps.append(
                Step(
                    index,
                    page,
                    action=other,
                    error=f"element [{other.ref}] is gone; there are {rng.randint(1, 90)} on this page now",
                    mistake=True,
                )
            )
        case _ if rng.random() < 0.2:
            steps.append(
                Step(
                    index,
                    page,
                    error="no call in the reply 'I will'; reply with one line like do(action=\"Click\", ref=3)",
                    mistake=True,
                )
            )
        case _:
            pass


def repeated(steps: list[Step], page: Observation) -> None:
    """The last step once more, refused because nothing changed."""
    last = steps[-1]
    error = "this very step was just taken and the page has not changed; do something else, or finish"
    steps.append(Step(len(steps), page, action=last.action, error=error, mistake=True))


# ---------------------------------------------------------------- endings


def done(rng: Rng, world: World, zh: bool) -> Finish:
    """Says what the page says, when it says so; else that it is done."""
    for roles in (("status", "alert", "heading"), ("text",)):
        for node in world.nodes:
            if node.takes is None and node.role in roles and _confirms(node.name):
                return Finish(node.name)
    return Finish("完成。" if zh else "Done.")


SIGNS = "thank way sent saved success received placed complete welcome confirmed logged 谢 成功 已发送 已收到 已完成 done".split()


def _confirms(text: str) -> bool:
    return len(text) < 160 and any(sign in text.lower() for sign in SIGNS)


def missing(what: str, zh: bool) -> Finish:
    return Finish(f"页面上没有“{what}”。" if zh else f'There is no "{what}" on this page.', success=False)


def gone(world: World, what: str) -> bool:
    """Whether the page does hold something of that name after all."""
    return any(
        what.lower() in node.name.lower() or (node.name and node.name.lower() in what.lower()) for node in world.nodes
    )
