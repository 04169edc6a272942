"""Files that pages give: into the run's folder, under safe names, never over another one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from autoglm.browser.names import reserve, safe_name
from autoglm.browser.playwright_pipe import PlaywrightPipe
from autoglm.types import Click, Download, Goto
from tests.browser.conftest import Visit, element, until
from tests.browser.test_frames import show
from tests.site.server import Site


@pytest_asyncio.fixture(loop_scope="session")
async def taking(pipe: PlaywrightPipe, site: Site, tmp_path: Path) -> AsyncIterator[Visit]:
    """A tab of a run that has a folder for downloads."""
    visit = await Visit.begin(pipe, site, downloads=tmp_path / "files")
    yield visit
    await visit.browser.close()


LINK = "<a href='/file?name={name}'>Get</a>"


async def test_a_download_is_told_in_the_outcome_and_with_the_next_look(taking: Visit, tmp_path: Path) -> None:
    seen = await show(taking, LINK.replace("{name}", "report.csv"))
    said = await taking.act(Click(element(seen, "Get").ref))
    path = tmp_path / "files" / "report.csv"
    assert said == f"clicked; it downloaded report.csv (11 bytes) to {path}"
    assert path.read_bytes() == b"hello world"
    seen = await taking.observe()
    assert seen.settled and seen.downloads == (Download("report.csv", str(path), 11),)
    assert (await taking.observe()).downloads == ()


async def test_a_file_never_takes_the_place_of_another(taking: Visit, tmp_path: Path) -> None:
    seen = await show(taking, LINK.replace("{name}", "report.csv"))
    await taking.act(Click(element(seen, "Get").ref))
    await taking.act(Click(element(seen, "Get").ref))
    assert [Path(file.path).name for file in (await taking.observe()).downloads] == ["report.csv", "report (2).csv"]


async def test_a_name_stays_in_the_folder(taking: Visit, tmp_path: Path) -> None:
    seen = await show(taking, LINK.replace("{name}", "..%2F..%2F.bashrc"))
    await taking.act(Click(element(seen, "Get").ref))
    (file,) = (await taking.observe()).downloads
    assert Path(file.path).parent == tmp_path / "files" and not Path(file.path).name.startswith(".")


@pytest.mark.parametrize(
    "how",
    [
        "<a href='/file?name=a.txt' target=_blank>Get</a>",
        "<a href='/index.html' download=a.txt>Get</a>",
        "<button onclick=\"window.open('/file?name=a.txt')\">Get</button>",
    ],
)
async def test_a_download_by_other_ways_is_taken_too(taking: Visit, how: str) -> None:
    seen = await show(taking, how)
    await taking.act(Click(element(seen, "Get").ref))
    seen = await taking.observe()
    while not seen.downloads:
        seen = await taking.observe()
    assert [file.name for file in seen.downloads] == ["a.txt"]
    seen = await until(taking.observe, lambda seen: len(seen.tabs) == 1)  # the one that only led to the file closes
    assert len(seen.tabs) == 1


async def test_going_to_a_file_downloads_it(taking: Visit) -> None:
    await taking.open("index.html")
    assert "it downloaded a.txt" in await taking.act(Goto(f"{taking.site.url}/file?name=a.txt"))
    assert (await taking.observe()).url.endswith("/index.html")


async def test_a_slow_download_is_told_when_it_is_there(taking: Visit) -> None:
    seen = await show(taking, LINK.replace("{name}", "slow.txt&held=1"))
    assert "it downloaded" not in await taking.act(Click(element(seen, "Get").ref))
    taking.site.let_go.set()
    seen = await taking.observe()
    while not seen.downloads:
        seen = await taking.observe()
    assert seen.downloads[0].bytes == 11


async def test_a_download_that_breaks_off_is_told_with_its_reason(taking: Visit, tmp_path: Path) -> None:
    seen = await show(taking, LINK.replace("{name}", "broken.txt&break=1"))
    said = await taking.act(Click(element(seen, "Get").ref))
    seen = await taking.observe()
    while not seen.downloads:
        seen = await taking.observe()
    assert seen.downloads[0].error and seen.downloads[0].path == ""
    assert said and list((tmp_path / "files").glob("*")) == []


async def test_a_run_without_a_folder_takes_no_files(fresh: Visit) -> None:
    seen = await show(fresh, LINK.replace("{name}", "a.txt"))
    said = await fresh.act(Click(element(seen, "Get").ref))
    assert said == "clicked; a.txt was not downloaded: this run has no folder for downloads"


@given(st.text(max_size=300))
def test_a_safe_name_is_a_plain_file(suggested: str) -> None:
    name = safe_name(suggested)
    assert name and "/" not in name and "\\" not in name and not name.startswith(".") and len(name.encode()) <= 140
    assert Path("folder", name).parent == Path("folder") and name not in (".", "..")


def test_a_name_keeps_its_ending_and_a_systems_own_is_changed(tmp_path: Path) -> None:
    assert safe_name("ü" * 200 + ".csv").endswith("ü.csv") and safe_name("CON.txt") == "_CON.txt"
    assert [reserve(tmp_path, "a.csv").name for _ in range(3)] == ["a.csv", "a (2).csv", "a (3).csv"]
