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
    (tmp_path / "empty" / "emptier").mkdir(parents=True)
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


async def test_a_page_that_is_slow_to_ask_for_files_is_waited_for(visit: Visit, folder: Path) -> None:
    seen = await visit.show(
        """<button onclick="setTimeout(work, 100); setTimeout(() => it.click(), 150)">Attach</button>
        <input type=file id=it hidden onchange="document.title = it.files[0].name"><script>
        const work = () => { for (const end = performance.now() + 1500; performance.now() < end;); }</script>"""
    )
    assert await visit.act(Upload(element(seen, "Attach").ref, (str(folder / "cv.pdf"),))) == "gave it cv.pdf"
    assert (await visit.observe()).title == "cv.pdf"


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


async def test_a_folder_may_be_given_twice(visit: Visit, folder: Path) -> None:
    seen = await visit.open("widgets/files.html")
    await visit.js("album.addEventListener('change', () => events.push('change'))")
    for _ in range(2):
        await visit.act(Upload(element(seen, "Album").ref, (str(folder / "album"),)))
    assert await visit.js("events") == ["change", "change"]


async def test_a_folder_that_takes_long_to_list_is_waited_for(visit: Visit, folder: Path) -> None:
    many = folder / "many"
    many.mkdir()
    for number in range(1_000):
        (many / f"{number}.png").touch()
    seen = await visit.open("widgets/files.html")
    await visit.js("album.addEventListener('change', () => said.textContent = `${album.files.length} pictures`)")
    await visit.act(Upload(element(seen, "Album").ref, (str(many),)))
    assert await given(visit) == ["1000 pictures"]


async def test_a_page_may_leave_with_the_folder_it_was_given(visit: Visit, folder: Path) -> None:
    seen = await visit.open("widgets/files.html")
    await visit.js("album.addEventListener('change', () => location = '/nothing.html')")
    said = await visit.act(Upload(element(seen, "Album").ref, (str(folder / "album"),)))
    assert said.startswith("gave it album") and (await visit.observe()).url.endswith("/nothing.html")


async def test_a_folder_goes_to_an_input_that_is_not_in_the_page(visit: Visit, folder: Path) -> None:
    await visit.show("""<button>Choose a folder</button><p role=status></p><script>
      document.querySelector('button').onclick = () => {
        const input = Object.assign(document.createElement('input'), { type: 'file', webkitdirectory: true });
        input.onchange = () => document.querySelector('p').textContent = `${input.files.length} files`;
        input.click();
      };</script>""")
    await visit.act(Upload(await visit.ref("Choose a folder"), (str(folder / "album"),)))
    assert await given(visit) == ["1 files"]


@pytest.mark.parametrize(
    ("name", "files", "said"),
    [
        ("CV", ("nowhere.pdf",), r"no file '.*nowhere\.pdf' on this machine; ask for its path"),
        ("CV", ("album",), r"album is a folder; element \[\d+\] takes files"),
        ("CV", ("cv.pdf", "cv.pdf"), "takes one file, not 2"),
        ("Pictures", ("photo.png", "cv.pdf"), r"takes image/\*, not cv\.pdf"),
        ("Album", ("cv.pdf",), "takes a whole folder"),
        ("Album", ("empty",), "empty is a folder without a file"),
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
