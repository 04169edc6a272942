"""The editors that people meet, themselves: npm run --prefix tests/site/editors get"""

from __future__ import annotations

import pytest

from autoglm.types import Click, Press, Type
from tests.browser.conftest import Visit
from tests.site.server import FOLDER

GOT = FOLDER / "editors" / "node_modules" / "all.js"
pytestmark = pytest.mark.skipif(not GOT.exists(), reason=f"the editors are not there; {__doc__}")
EDITORS = ("codemirror6", "codemirror5", "monaco", "quill", "prosemirror")
CODE = "def f(x):\n    if x:\n        return (x,\n    return {"


async def field(visit: Visit) -> int:
    boxes = [e for e in (await visit.observe()).elements if e.role == "textbox" and "Type" in e.takes]
    assert len(boxes) == 1, boxes
    return boxes[0].ref


@pytest.mark.parametrize("editor", EDITORS)
async def test_an_editor_gets_the_text_as_it_is_and_shows_it(visit: Visit, editor: str) -> None:
    await visit.open(f"editors/index.html?{editor}")
    ref = await field(visit)
    for text in (CODE, "one line (", "", "two\nlines"):
        assert await visit.act(Type(ref, text)) == "typed"
        seen = await visit.observe()
        assert await visit.js("said()") == text
        shown = seen.find(ref)
        assert shown and shown.value is not None and [*filter(None, shown.value.split("\n"))] == text.splitlines()


@pytest.mark.parametrize("editor", EDITORS)
async def test_an_editor_is_clicked_into_and_typed_into_by_keys(visit: Visit, editor: str) -> None:
    await visit.open(f"editors/index.html?{editor}")
    ref = await field(visit)
    await visit.act(Type(ref, "ab"))
    await visit.act(Click(ref))
    for key in ("Control+End", "Enter", "c", "Control+a", "Control+c", "Control+End", "Control+v"):
        await visit.act(Press(key))
        await visit.observe()
    pasted = (await visit.js("said()")).split("\n")
    # Some paste a paragraph as one of its own; Quill still takes all of it as selected.
    assert pasted in (["ab", "cab", "c"], ["ab", "c", "ab", "c"], ["ab", "c"])
