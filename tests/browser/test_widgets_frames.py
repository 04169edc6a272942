"""Hands in frames, of this site and of another one, and from one to the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoglm.errors import Mistake
from autoglm.types import Check, DoubleClick, Drag, OnElement, RightClick, Select, Type, Upload
from tests.browser.conftest import Visit, element, until


async def opened(visit: Visit) -> None:
    """A page with a frame of its own site and one of another."""
    other = visit.site.url.replace("127.0.0.1", "localhost")
    await visit.open(f"widgets/frames.html?{other}")


async def told(visit: Visit, *last: str) -> list[str]:
    """What the frames said, which comes by message: all of it once they said these."""
    said = await until(lambda: visit.js("told"), lambda said: {*last} <= {*said})
    await visit.js("told.splice(0)")
    return said


@pytest.mark.parametrize("where", ["here", "there"])
async def test_every_action_works_in_a_frame(visit: Visit, tmp_path: Path, where: str) -> None:
    file = tmp_path / "a.txt"
    file.write_text("a")
    await opened(visit)
    seen = await visit.observe()

    def ref(name: str) -> int:
        return element(seen, f"{name} {where}").ref

    actions: dict[str, OnElement] = {
        "typed Ada": Type(ref("Field"), "Ada"),
        "chose b": Select(ref("List"), ("b",)),
        "checked": Check(ref("Box")),
        "menu": RightClick(ref("Menu")),
        "twice": DoubleClick(ref("Menu")),
        "file a.txt": Upload(ref("File"), (str(file),)),
        "got a.txt": Upload(ref("Drop"), (str(file),)),
        "at 7": Type(ref("Slider"), "7"),
        f"got card {where}": Drag(ref("Card"), ref("Drop")),
    }
    for says, action in actions.items():
        await visit.act(action)
        assert (await told(visit, says))[-1] == says


@pytest.mark.parametrize(("source", "target"), [("here", "there"), ("there", "here")])
async def test_a_card_is_dragged_from_one_frame_to_another(visit: Visit, source: str, target: str) -> None:
    await opened(visit)
    seen = await visit.observe()
    await visit.act(Drag(element(seen, f"Card {source}").ref, element(seen, f"Drop {target}").ref))
    assert await told(visit, f"got card {source}") == [f"got card {source}"]


@pytest.mark.parametrize(("source", "target"), [("here", "there"), ("there", "here")])
async def test_a_drag_into_a_frame_of_another_site_ends_where_it_began(visit: Visit, source: str, target: str) -> None:
    await opened(visit)
    begun = next(frame for frame in visit.page.frames if f"?{source}" in frame.url)
    await begun.evaluate("void addEventListener('dragend', () => say('ended'), true)")
    seen = await visit.observe()
    card, menu = element(seen, f"Card {source}").ref, element(seen, f"Menu {source}").ref
    for onto in ("Drop", "Drop", "Menu", "Drop"):
        drops = {"ended", f"got card {source}"} if onto == "Drop" else {"ended"}
        try:
            await visit.act(Drag(card, element(seen, f"{onto} {target}").ref))
        except Mistake:
            assert onto == "Menu"
        assert {*await told(visit, *drops)} == drops
        await visit.act(RightClick(menu))
        assert await told(visit, "menu") == ["menu"]
