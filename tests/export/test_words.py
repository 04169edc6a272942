"""Which values stand in a text as the test's parameters, and which by chance."""

from __future__ import annotations

import pytest

from autoglm.export.naming import test_name as name_of
from autoglm.export.words import Words

TYPED = {"Ada": "first_name", "Lovelace": "last_name", "Hopper": "name", "http://x:1": "BASE_URL"}
WORDS = Words(TYPED, {"Hopper": ("Orders of Grace Hopper",)})


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Ada", "first_name"),
        ("Thank you, Ada!", 'f"Thank you, {first_name}!"'),
        ("Hello Ada", 'f"Hello {first_name}"'),
        ("Ada Lovelace was added", 'f"{first_name} {last_name} was added"'),
        ("Ada Byron", '"Ada Byron"'),
        ("a letter to Countess Ada", '"a letter to Countess Ada"'),
        ("Grace Hopper", '"Grace Hopper"'),
        ("Hopper was added", 'f"{name} was added"'),
        ("Adam", '"Adam"'),
        ("{Ada}", 'f"{{{first_name}}}"'),
    ],
)
def test_a_value_is_a_parameter_where_it_does_not_stand_by_chance(text: str, source: str) -> None:
    assert WORDS.source(text) == source
    assert WORDS.holds_value(text) == ("{" in source.replace("{{", "") or source == "first_name")


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("Log in", "test_log_in"),
        ("Fill in the form with first name Ada, then send it", "test_fill_in_the_form"),
        ("Delete the oldest of all my orders on the second page", "test_delete_the_oldest_of_all_my_orders"),
    ],
)
def test_a_test_is_called_what_its_task_says(task: str, name: str) -> None:
    assert name_of(task, "it") == name
