"""The HTML page of a run, in a real Chromium, as a desk and a phone show it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page

from autoglm.browser.playwright_pipe import PlaywrightPipe
from autoglm.cli import main
from autoglm.report import report
from autoglm.store import Recording, SqliteStore
from autoglm.types import (
    AskFirst,
    Check,
    Click,
    Completion,
    Element,
    Finish,
    Observation,
    Run,
    Seconds,
    Step,
    Text,
    Type,
)
from tests.export.recorder import fill, on, record
from tests.site.server import Site

HOSTILE = """</pre></details></title></style><script>document.title = 'owned'</script>
<img src=x onerror="document.title='owned'"><a href="javascript:document.title='owned'">&lt;b&gt;
{{ 7 * 7 }} {% raw %}"""


async def page_of(pipe: PlaywrightPipe, html: str, tmp_path: Path, width: int = 1280) -> Page:
    file = tmp_path / "run.html"
    file.write_text(html, encoding="utf-8")
    tabs = await pipe.tabs()
    page = (await tabs.open()).page
    await page.set_viewport_size({"width": width, "height": 800})
    await page.goto(file.as_uri())
    return page


@dataclass(frozen=True, slots=True)
class Kept:
    data: Path
    recording: Recording
    steps: list[Step]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def kept(pipe: PlaywrightPipe, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    said = (
        fill('textbox "First name"', "Ada"),
        Click(999),
        on('checkbox "I agree', Check(0)),
        Finish("Sent it."),
    )
    with SqliteStore(tmp_path_factory.mktemp("kept")) as store:
        run = await record(pipe, store, f"{site.url}/contact.html", "Send a message for Ada", *said)
        return Kept(store.directory, store.run(run), store.steps(run))


@pytest.mark.parametrize("width", [360, 1280])
async def test_a_run_is_one_page_that_fits_its_screen(
    pipe: PlaywrightPipe, kept: Kept, tmp_path: Path, width: int
) -> None:
    page = await page_of(pipe, report(kept.recording, kept.steps), tmp_path, width=width)
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert await page.get_by_role("heading", level=1).inner_text() == "Send a message for Ada"
    assert await page.locator("li").count() == 4
    assert await page.locator("li").nth(1).locator(".error").inner_text() == (
        "The model's mistake element [999] is gone; there are 20 on this page now"
    )
    assert await page.get_by_text("Sent it.", exact=True).count() == 2
    said = page.locator("li").first.get_by_text("What the model said")
    await said.click()
    assert 'text="Ada"' in await page.locator("li").first.locator("pre").first.inner_text()
    await page.close()


async def test_the_box_lies_on_the_element_of_the_picture(pipe: PlaywrightPipe, kept: Kept, tmp_path: Path) -> None:
    steps = kept.steps
    page = await page_of(pipe, report(kept.recording, steps), tmp_path)
    target = next(element for element in steps[0].observation.elements if element.name == "First name")
    assert target.box
    picture = await page.locator("li").first.locator("image").bounding_box()
    mark = await page.locator("li").first.locator("rect.mark").bounding_box()
    assert picture and mark
    scale = picture["width"] / steps[0].observation.viewport.width
    middle = (target.box.x + target.box.width / 2) * scale + picture["x"]
    assert mark["x"] + mark["width"] / 2 == pytest.approx(middle, abs=1.5)
    assert mark["width"] == pytest.approx((target.box.width + 8) * scale, abs=3.5)
    await page.close()


async def test_what_a_page_or_a_model_wrote_is_only_text(pipe: PlaywrightPipe, tmp_path: Path) -> None:
    page = Observation(f"http://x/{HOSTILE}", HOSTILE, (Text("text", HOSTILE),), screenshot=b"\x89PNG\r\n")
    step = Step(0, page, Completion(HOSTILE, HOSTILE), Finish(HOSTILE), AskFirst(HOSTILE), HOSTILE, ends="finished")
    wrong = Step(1, page, None, None, None, None, HOSTILE, seconds=Seconds(1, 1, 1))
    run = Run("id", HOSTILE, HOSTILE, outcome="finished", answer=HOSTILE, data=HOSTILE)
    shown = await page_of(pipe, report(Recording(run, 2, 1.0, "ended"), [step, wrong]), tmp_path)
    assert await shown.title() != "owned"
    assert await shown.locator("script, img, a[href^=javascript]").count() == 0
    assert await shown.get_by_role("heading", level=1).text_content() == HOSTILE
    with pytest.raises(Exception, match="Content Security Policy"):
        await shown.add_script_tag(content="document.title = 'owned'")
    await shown.close()


def test_a_secret_is_named_and_not_shown() -> None:
    page = Observation("http://x/", "", (Element(1, "textbox", "Password", "", takes=("Type",), type="password"),))
    said = Completion('do(action="Type", ref=1, text="hunter2xyz")')
    step = Step(0, page, said, Type(1, "hunter2xyz"), outcome="typed", ends="finished")
    html = report(Recording(Run("id", "Log in with hunter2xyz", "m"), 1, 1.0, "ended"), [step])
    assert "hunter2xyz" not in html and html.count("$TEST_PASSWORD") >= 3


def test_show_html_writes_the_page_and_says_where(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUTOGLM_DATA", str(kept.data))
    assert main(["show", "last", "--html", "-o", str(tmp_path / "ada.html")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'ada.html'}\n"
    assert "Send a message for Ada" in (tmp_path / "ada.html").read_text(encoding="utf-8")
    assert main(["show", "last", "--html", "-o", str(tmp_path / "no" / "ada.html")]) == 1
    assert "name another file with -o" in capsys.readouterr().err
