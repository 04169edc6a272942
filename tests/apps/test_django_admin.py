"""Django's admin over a small bookshop; what was done is looked up in its SQLite file."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.apps.application import python_of, running
from tests.apps.conftest import CarryOut
from tests.apps.script import See, do

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

LOG_IN = (
    do("Type", 'textbox "Username:"', text="admin"),
    do("Type", 'password "Password:"', text="let-me-in"),
    do("Click", 'button "Log in"'),
)


@dataclass(frozen=True, slots=True)
class Shop:
    url: str
    folder: Path

    def rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "shop.db")) as database:
            return database.execute(query).fetchall()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    command = [python_of("django"), "-m", "tests.apps.bookshop.serve", folder]
    with running(command, folder / "log", address) as url:
        yield Shop(f"{url}/admin/", folder)


def address(said: str) -> str | None:
    found = re.search(r"http://127\.0\.0\.1:\d+", said)
    return found[0] if found else None


async def test_a_user_is_added_and_given_a_name(shop: Shop, carry_out: CarryOut) -> None:
    await carry_out(
        shop.url,
        *LOG_IN,
        do("Click", 'link "Add"', after='link "Users"'),
        do("Type", 'textbox "Username:"', text="ada"),
        do("Type", 'password "Password:"', text="Analytical-1843"),
        do("Type", 'password "Password confirmation:"', text="Analytical-1843"),
        do("Click", 'button "Save and continue editing"'),
        do("Type", 'textbox "First name:"', text="Ada"),
        do("Check", 'checkbox "Staff status"', on=True),
        do("Click", 'button "Save"'),
        See("was changed successfully"),
    )
    assert shop.rows("SELECT first_name, is_staff, password LIKE 'pbkdf2%' FROM auth_user WHERE username = 'ada'") == [
        ("Ada", 1, 1)
    ]


async def test_filtered_books_are_deleted_after_a_page_that_asks(shop: Shop, carry_out: CarryOut) -> None:
    await carry_out(
        shop.url,
        *LOG_IN,
        do("Click", 'link "Books"'),
        do("Click", 'link "Poetry"'),
        do("Check", 'checkbox "Select all objects on this page for an action"', on=True),
        do("Select", 'combobox "Action:"', option="Delete selected books"),
        do("Click", 'button "Go"'),
        See("Are you sure you want to delete the selected book?"),
        do("Click", 'button "Yes, I’m sure"'),
        See("Successfully deleted 1 book."),
    )
    assert shop.rows("SELECT title FROM bookshop_book WHERE genre = 'Poetry'") == []
    assert shop.rows("SELECT count(*) FROM bookshop_book WHERE genre = 'Novel'") == [(2,)]


async def test_chapters_are_added_in_the_form_of_their_book(shop: Shop, carry_out: CarryOut) -> None:
    await carry_out(
        shop.url,
        *LOG_IN,
        do("Click", 'link "Books"'),
        do("Click", 'link "Opticks"'),
        do("Click", 'button "Add another Chapter"'),
        do("Type", 'textbox "Title" = ""', after='group "Chapters"', text="Of Light"),
        do("Type", 'spinbutton "Pages"', after='"Of Light"', text="43"),
        do("Click", 'button "Add another Chapter"'),
        do("Click", 'button "Add another Chapter"'),
        do("Type", 'textbox "Title" = ""', after='group "Chapters"', text="Of Colours"),
        do("Click", 'button "Remove"', after='textbox "Title" = ""'),
        do("Click", 'button "Save"'),
        See("was changed successfully"),
    )
    assert shop.rows("SELECT title, pages FROM bookshop_chapter ORDER BY id") == [("Of Light", 43), ("Of Colours", 1)]


async def test_a_cover_is_uploaded_and_dates_are_picked(shop: Shop, carry_out: CarryOut, tmp_path: Path) -> None:
    cover = tmp_path / "emma.txt"
    cover.write_text("a picture of Emma", encoding="utf-8")
    await carry_out(
        shop.url,
        *LOG_IN,
        do("Click", 'link "Books"'),
        do("Click", 'link "Emma"'),
        do("Upload", 'file "Cover:"', file=str(cover)),
        do("Click", 'link "Choose a Date"', after='textbox "Published:"'),
        do("Click", 'link ">"'),
        do("Click", 'link "23"', after="April 1815"),
        do("Click", 'link "Today"', after='text "Delivered:"'),
        do("Click", 'link "Choose a Time"'),
        do("Click", 'link "Noon"'),
        do("Click", 'button "Save"'),
        See("was changed successfully"),
    )
    assert shop.rows(
        "SELECT published, cover, strftime('%H:%M', delivered) FROM bookshop_book WHERE title = 'Emma'"
    ) == [("1815-04-23", "emma.txt", "12:00")]
    assert (shop.folder / "media" / "emma.txt").read_text(encoding="utf-8") == "a picture of Emma"


async def test_a_book_is_added_with_an_author_from_a_window_of_its_own(shop: Shop, carry_out: CarryOut) -> None:
    await carry_out(
        shop.url,
        *LOG_IN,
        do("Click", 'link "Add"', after='link "Books"'),
        do("Type", 'textbox "Title:"', text="Middlemarch"),
        do("Click", 'link "Add another author"'),
        See("Tab 2: Add author"),
        do("Type", 'textbox "Name:"', text="George Eliot"),
        do("Click", 'button "Save"'),
        See('combobox "Author:" = "George Eliot"'),
        do("Select", 'combobox "Genre:"', option="Novel"),
        do("Click", 'link "Today"', after='textbox "Published:"'),
        do("Click", 'button "Save"'),
        See("was added successfully"),
    )
    query = "SELECT a.name, b.genre FROM bookshop_book b JOIN bookshop_author a ON a.id = b.author_id"
    assert shop.rows(f"{query} WHERE b.title = 'Middlemarch'") == [("George Eliot", "Novel")]
