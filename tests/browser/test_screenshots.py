"""Pictures that agree with what is told of the page, and the numbers drawn on them."""

from __future__ import annotations

import asyncio
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from autoglm.browser.driver import CdpBrowser
from autoglm.browser.playwright_pipe import PlaywrightPipe
from autoglm.cli import main
from autoglm.errors import Mistake
from autoglm.marks import Picture, mark
from autoglm.types import Box, Element, Goto, Observation
from tests.browser.conftest import Visit, element
from tests.browser.test_frames import elsewhere, frame, show
from tests.site.server import Site

RED = (255, 0, 0)
SQUARE = "<button style='position:absolute;left:100px;top:{top}px;width:80px;height:60px;border:0;background:red;color:red'>Red</button>"


def pixels(image: bytes | None) -> Image.Image:
    assert image
    return Image.open(BytesIO(image)).convert("RGB")


def red(image: bytes | None, box: Box | None, scale: float = 1) -> bool:
    """Whether what is told to lie in the box lies there, and nowhere else around it."""
    assert box
    picture = pixels(image)
    left, top = box.x * scale, box.y * scale
    right, bottom = left + box.width * scale, top + box.height * scale
    inside = [(left + 3, top + 3), (right - 3, bottom - 3)]
    outside = [(left - 4, top - 4), (right + 4, bottom + 4)]

    def is_red(at: tuple[float, float]) -> bool:
        value = picture.getpixel((round(at[0]), round(at[1])))
        assert isinstance(value, tuple)
        return value[0] > 200 and value[1] < 60

    return all(map(is_red, inside)) and not any(map(is_red, outside))


async def test_an_observation_has_a_picture_when_asked_for(pipe: PlaywrightPipe, site: Site) -> None:
    tabs = await pipe.tabs()
    browser = CdpBrowser(tabs, await tabs.open(), screenshots=True)
    await browser.act(Goto(f"{site.url}/contact.html"))
    seen = await browser.observe()
    assert seen.screenshot and seen.screenshot.startswith(b"\xff\xd8") and pixels(seen.screenshot).size == (1280, 720)
    assert (seen.viewport.width, seen.viewport.height, seen.scale) == (1280, 720, 1.0)
    await browser.close()


async def test_boxes_and_picture_agree_on_a_page_that_scrolls_meanwhile(pipe: PlaywrightPipe, site: Site) -> None:
    tabs = await pipe.tabs()
    first = await tabs.open()
    browser = CdpBrowser(tabs, first, screenshots=True)
    visit = Visit(tabs, first, first.page, site)
    await show(visit, f"<div style='height:5000px'></div>{SQUARE.replace('{top}', '600')}")
    await browser.observe()
    for step in (0, 40, 80, 120, 160):
        # It scrolls between the look and the picture, however long the look takes.
        await visit.js(f"scrollTo(0, {step}); setTimeout(() => scrollTo(0, {step + 37}), 100 + {step} / 4)")
        seen: Observation = await browser.observe()
        assert red(seen.screenshot, element(seen, "Red").box), step
    await browser.close()


@pytest.mark.parametrize("scale", [1, 2])
async def test_the_scale_is_that_of_the_picture(pipe: PlaywrightPipe, site: Site, scale: int) -> None:
    visit = await Visit.begin(pipe, site)
    await visit.browser.observe()
    await visit.cdp.send(
        "Emulation.setDeviceMetricsOverride", width=800, height=600, deviceScaleFactor=scale, mobile=False
    )
    seen = await show(visit, SQUARE.replace("{top}", "50"))
    image = await visit.browser.screenshot()
    assert image.startswith(b"\x89PNG") and seen.scale == scale and pixels(image).size == (800 * scale, 600 * scale)
    assert red(image, element(seen, "Red").box, scale)
    part = await visit.browser.screenshot(ref=element(seen, "Red").ref)
    assert pixels(part).size == (80 * scale, 60 * scale)
    await visit.browser.close()


async def test_the_whole_page_is_one_picture(visit: Visit) -> None:
    seen = await show(
        visit, f"<body style='margin:0'><div style='height:3000px'></div>{SQUARE.replace('{top}', '2500')}"
    )
    image = await visit.browser.screenshot(full_page=True, form="jpeg")
    assert image.startswith(b"\xff\xd8") and pixels(image).size == (seen.scroll.width, seen.scroll.height) == (
        1280,
        3000,
    )
    assert red(image, Box(100, 2500, 80, 60))
    assert await visit.js("[scrollY, innerWidth, innerHeight]") == [0, 1280, 720]


async def test_one_element_out_of_view_in_a_frame_is_a_picture(visit: Visit) -> None:
    inner = elsewhere(visit, f"<div style='height:1500px'></div>{SQUARE.replace('{top}', '900')}")
    seen = await show(visit, f"<div style='height:2000px'></div>{frame(inner, 'F', 'height:300px')}")
    picture = pixels(await visit.browser.screenshot(ref=element(seen, "Red").ref))
    assert picture.size == (80, 60) and {picture.getpixel((2, 2)), picture.getpixel((77, 57))} == {RED}


async def test_there_must_be_such_an_element(visit: Visit) -> None:
    await show(visit, "<button>A</button>")
    with pytest.raises(Mistake, match=r"element \[7\] is gone"):
        await visit.browser.screenshot(ref=7)


async def test_marks_are_drawn_on_the_picture_and_not_in_the_page(visit: Visit) -> None:
    await show(
        visit,
        f"{SQUARE.replace('{top}', '100')}{SQUARE.replace('{top}', '2000')}<script>let n = 0; new MutationObserver(() => n++).observe(document, {{subtree: true, childList: true, attributes: true}})</script>",
    )
    before = await visit.js("document.documentElement.outerHTML")
    plain, marked = (
        await visit.browser.screenshot(full_page=True),
        await visit.browser.screenshot(full_page=True, marks=True),
    )
    assert await visit.js("[n, document.documentElement.outerHTML]") == [0, before]
    for top in (100, 2000):
        at = (101, top + 30)
        assert pixels(plain).getpixel(at) == RED and pixels(marked).getpixel(at) == (255, 255, 255)


async def test_what_a_modal_covers_has_no_mark(visit: Visit) -> None:
    await show(
        visit,
        "<style>body { margin: 0 } button { width: 60px; height: 30px; background: #fff; border: 0; color: #fff }</style>"
        "<button>Under</button><dialog id=d style='position:fixed;top:200px;left:0;margin:0;border:0;padding:0'><button>On</button></dialog>"
        "<style>::backdrop { background: #fff }</style><script>d.showModal()</script>",
    )
    marked = pixels(await visit.browser.screenshot(marks=True))
    bare, busy = (marked.crop((0, top, 70, top + 30)).getcolors(9999) or [] for top in (0, 200))
    assert len(bare) == 1 < len(busy)


@pytest.mark.parametrize("ground", ["#ffffff", "#000000", "#c62828", "#808080"])
def test_a_mark_stands_out_on_any_ground(ground: str) -> None:
    image = BytesIO()
    Image.new("RGB", (200, 100), ground).save(image, "PNG")
    marked = pixels(mark(Picture(image.getvalue()), [_button(1, Box(50, 40, 100, 40))]))
    colours = {value for _, value in marked.getcolors(200 * 100) or () if isinstance(value, tuple)}
    assert max(_contrast(Image.new("RGB", (1, 1), ground).getpixel((0, 0)), colour) for colour in colours) > 3


def test_labels_do_not_cover_each_other_where_there_is_room() -> None:
    boxes = [Box(20 + 30 * column, 20 + 22 * row, 16, 14) for row in range(8) for column in range(8)]
    image = BytesIO()
    Image.new("RGB", (300, 240), "white").save(image, "PNG")
    plain = [_button(n + 10, box) for n, box in enumerate(boxes)]
    together = pixels(mark(Picture(image.getvalue()), plain))
    coloured = sum(count for count, value in together.getcolors(300 * 240) or () if value != (255, 255, 255))
    alone = sum(
        sum(
            count
            for count, value in pixels(mark(Picture(image.getvalue()), [one])).getcolors(300 * 240) or ()
            if value != (255, 255, 255)
        )
        for one in plain
    )
    assert coloured > 0.9 * alone


def test_the_command_line_writes_a_picture(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"{site.url}/signup.html"
    assert main(["observe", url, "--screenshot", str(tmp_path / "a.jpg"), "--full-page", "--marks"]) == 0
    assert pixels((tmp_path / "a.jpg").read_bytes()).height > 720
    assert main(["observe", url, "--screenshot", str(tmp_path / "b.png"), "--element", "8"]) == 0
    assert pixels((tmp_path / "b.png").read_bytes()).height < 100
    assert "[8] " in capsys.readouterr().out


def _button(ref: int, box: Box) -> Element:
    return Element(ref, "button", "x", None, box=box)


def _contrast(a: Any, b: Any) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: tuple[int, int, int]) -> float:
    parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


class SlowlyDrawn:
    """A tab of a browser that takes longer for a picture than a page may take for an answer."""

    def __init__(self, cdp: Any) -> None:
        self._cdp = cdp

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cdp, name)

    async def send(self, method: str, /, session: str = "", **params: Any) -> Any:
        if method == "Page.captureScreenshot":
            await asyncio.sleep(ANSWER_S + 0.2)
        return await self._cdp.send(method, session=session, **params)


ANSWER_S = 3.0


async def test_a_long_page_is_given_time_to_be_drawn(pipe: PlaywrightPipe, site: Site) -> None:
    tabs = await pipe.tabs()
    slow: Any = SlowlyDrawn(await tabs.open())
    browser = CdpBrowser(tabs, slow, answer_s=ANSWER_S)
    await browser.act(Goto(f"{site.url}/contact.html"))
    assert pixels(await browser.screenshot(full_page=True)).width == 1280
    await browser.close()
