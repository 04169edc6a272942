"""Files given to inputs, to buttons that ask for them and to drop zones."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoglm.errors import Mistake
from autoglm.types import Upload
from tests.browser.conftest import Visit, element, texts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("cv.pdf", "photo.png", "scan.PNG", "notes.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / "one.png").write_text("1")
    return tmp_path


async def given(visit: Visit) -> list[str]:
    return texts(await visit.observe(), "status")


async def test_a_file_input_takes_uploads_and_nothing_else(visit: Visit, folder: Path) -> None:
    seen = await visit.open("widgets/files.html")
    assert element(seen, "CV").takes == ("Upload",)
    assert await visit.act(Upload(element(seen, "CV").ref, (str(folder / "cv.pdf"),))) == "gave it cv.pdf"
    assert await given(visit) == ["cv: cv.pdf (6 bytes)"]
    assert element(await visit.observe(), "CV").value == "cv.pdf"
    assert await visit.js("events") == ["input true", "change true"]


async def test_several_files_go_to_an_input_that_takes_several(visit: Visit, folder: Path) -> None:
    seen = await visit.open("widgets/files.html")
    files = (str(folder / "photo.png"), str(folder / "scan.PNG"))
    assert await visit.act(Upload(element(seen, "Pictures").ref, files)) == "gave it photo.png, scan.PNG"
    assert await given(visit) == ["pictures: photo.png (9 bytes), scan.PNG (8 bytes)"]


@pytest.mark.parametrize(
    "name",
    ["Attach a letter", "Upload by script", "Import contacts", "Choose an avatar"],
    ids=["label", "button that clicks a hidden input", "button that makes an input", "input in a button"],
)
async def test_what_stands_in_for_a_file_input_takes_files(visit: Visit, folder: Path, name: str) -> None:
    seen = await visit.open("widgets/files.html")
    assert "Upload" in element(seen, name).takes
    await visit.act(Upload(element(seen, name).ref, (str(folder / "notes.txt"),)))
    assert await given(visit) == [f"{name}: notes.txt (9 bytes)"]


async def test_files_are_dropped_on_a_drop_zone(visit: Visit, folder: Path) -> None:
    seen = await visit.open("widgets/files.html")
    zone = element(seen, "Drop files here")
    files = (str(folder / "cv.pdf"), str(folder / "notes.txt"))
    assert await visit.act(Upload(zone.ref, files)) == "dropped cv.pdf, notes.txt on it"
    assert await given(visit) == ["zone: cv.pdf (6 bytes), notes.txt (9 bytes)"]


async def test_a_folder_goes_to_an_input_that_takes_folders(visit: Visit, folder: Path) -> None:
    seen = await visit.open("widgets/files.html")
    await visit.act(Upload(element(seen, "Album").ref, (str(folder / "album"),)))
    assert await given(visit) == ["album: one.png (1 bytes)"]


@pytest.mark.parametrize(
    ("name", "files", "said"),
    [
        ("CV", ("nowhere.pdf",), r"no file '.*nowhere\.pdf' on this machine; ask for its path"),
        ("CV", ("album",), r"album is a folder; element \[\d+\] takes files"),
        ("CV", ("cv.pdf", "cv.pdf"), "takes one file, not 2"),
        ("Pictures", ("photo.png", "cv.pdf"), r"takes image/\*, not cv\.pdf"),
        ("Album", ("cv.pdf",), "takes a whole folder"),
        ("Off", ("cv.pdf",), "is disabled"),
        ("Browse nothing", ("cv.pdf",), "asked for no file when it was clicked, and takes none"),
    ],
)
async def test_what_cannot_be_given_is_a_mistake_that_says_why(
    hasty: Visit, folder: Path, name: str, files: tuple[str, ...], said: str
) -> None:
    seen = await hasty.open("widgets/files.html")
    with pytest.raises(Mistake, match=said):
        await hasty.act(Upload(element(seen, name).ref, tuple(str(folder / file) for file in files)))
    assert await given(hasty) == []


async def test_after_an_upload_a_click_opens_the_chooser_for_a_person_again(visit: Visit, folder: Path) -> None:
    seen = await visit.open("widgets/files.html")
    with pytest.raises(Mistake):
        await visit.act(Upload(element(seen, "Browse nothing").ref, (str(folder / "cv.pdf"),)))
    await visit.act(Upload(element(seen, "Import contacts").ref, (str(folder / "notes.txt"),)))
    assert await given(visit) == ["Import contacts: notes.txt (9 bytes)"]
