"""JupyterLab, with notebooks, editors, menus and dialogs; what was done is looked up in the files that it keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.apps.application import python_of, running
from tests.apps.conftest import CarryOut
from tests.apps.script import See, do

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

NO_NEWS = {"checkForUpdates": False, "fetchNews": "false"}
"""Else it asks at the first visit, and looks for news on the internet."""


@dataclass(frozen=True, slots=True)
class Lab:
    server: str
    files: Path

    def desk(self, name: str, folder: str = "") -> str:
        """The address of an empty workspace, its file list at the folder."""
        return f"{self.server}/lab/workspaces/{name}{f'/tree/{folder}' if folder else ''}?reset"

    def folder(self, name: str, *files: str) -> Path:
        """A folder with a few files in it."""
        folder = self.files / name
        folder.mkdir()
        for file in files:
            (folder / file).write_text("text\n", encoding="utf-8")
        return folder

    def cells(self, notebook: str) -> list[Any]:
        return json.loads((self.files / notebook).read_text(encoding="utf-8"))["cells"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    files, settings = folder / "files", folder / "settings"
    files.mkdir()
    told = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    told.parent.mkdir(parents=True)
    told.write_text(json.dumps(NO_NEWS), encoding="utf-8")
    command = [
        *(python_of("jupyterlab"), "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"),
        *("--ServerApp.port=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={files}"),
        "--FileContentsManager.delete_to_trash=False",
    ]
    homes = {f"JUPYTER_{kind}_DIR": folder / kind.lower() for kind in ("CONFIG", "DATA", "RUNTIME")}
    labs = {"JUPYTERLAB_SETTINGS_DIR": settings, "JUPYTERLAB_WORKSPACES_DIR": folder / "workspaces"}
    with running(command, folder / "log", address, **homes, **labs, IPYTHONDIR=folder / "ipython") as server:
        yield Lab(server, files)


def address(said: str) -> str | None:
    found = re.search(r"(http://127\.0\.0\.1:\d+)/lab", said)
    return found[1] if found else None


async def test_a_notebook_is_made_its_cell_run_and_saved_under_a_name(lab: Lab, carry_out: CarryOut) -> None:
    await carry_out(
        lab.desk("run"),
        do("Click", 'button "Python 3 (ipykernel)', after='heading "Notebook"'),
        See("| Idle"),
        do("Type", "textbox", after="Code Cell Content", text="for n in range(3):\n    print(n * 21)"),
        do("Press", "textbox", after="Code Cell Content", key="Shift+Enter"),
        See("42"),
        do("Click", 'button "Save and create checkpoint'),
        do("Type", 'textbox "File name"', text="Answer.ipynb"),
        do("Click", 'button "Rename and Save"'),
        See('tab "Answer.ipynb'),
    )
    cell = lab.cells("Answer.ipynb")[0]
    assert "".join(cell["source"]) == "for n in range(3):\n    print(n * 21)"
    assert "".join(cell["outputs"][0]["text"]) == "0\n21\n42\n"


async def test_the_command_palette_makes_a_text_file(lab: Lab, carry_out: CarryOut) -> None:
    await carry_out(
        lab.desk("palette"),
        See('heading "Notebook"'),
        do("Press", key="Control+Shift+c", until='textbox "SEARCH"'),
        do("Type", 'textbox "SEARCH"', text="new text file"),
        do("Press", key="Enter"),
        do("Type", "textbox", after='tab "untitled.txt', text="first line\nsecond line"),
        do("Press", key="Control+s"),
        do("Click", 'button "Rename and Save"'),
    )
    assert (lab.files / "untitled.txt").read_text(encoding="utf-8") == "first line\nsecond line"


async def test_a_file_is_renamed_from_its_context_menu(lab: Lab, carry_out: CarryOut) -> None:
    folder = lab.folder("renamed", "draft.txt")
    await carry_out(
        lab.desk("rename", folder.name),
        do("RightClick", 'button "draft.txt"'),
        do("Click", 'menuitem "Rename'),
        do("Type", "textbox", after='text "Name"', text="final.txt"),
        do("Press", key="Enter"),
        See('button "final.txt"'),
    )
    assert (folder / "final.txt").exists() and not (folder / "draft.txt").exists()


async def test_a_file_is_deleted_after_a_dialog_that_asks(lab: Lab, carry_out: CarryOut) -> None:
    folder = lab.folder("emptied", "kept.txt", "old.txt", "older.txt")
    await carry_out(
        lab.desk("delete", folder.name),
        do("RightClick", 'button "old.txt"'),
        do("Click", 'menuitem "Delete'),
        do("Click", 'button "Delete"', after="Are you sure you want to permanently delete"),
        See('"old.txt"', there=False),
    )
    assert {file.name for file in folder.glob("*.txt")} == {"kept.txt", "older.txt"}


async def test_a_file_is_uploaded_and_shown_as_a_table(lab: Lab, carry_out: CarryOut, tmp_path: Path) -> None:
    folder = lab.folder("uploaded", "readme.txt")
    table = tmp_path / "harvest.csv"
    table.write_text("year,apples\n1843,12\n", encoding="utf-8")
    await carry_out(
        lab.desk("upload", folder.name),
        See('button "readme.txt"'),
        do("Upload", 'button "Upload Files"', file=str(table)),
        See('tab "harvest.csv'),
    )
    assert (folder / "harvest.csv").read_text(encoding="utf-8") == table.read_text(encoding="utf-8")
