"""Tokens to text, a piece at a time."""

from __future__ import annotations

import pytest
from autoglm_backend.text import TextStream


def stream(parts: list[bytes], stops: tuple[str, ...] = ()) -> tuple[list[str], bool]:
    text = TextStream(lambda token: parts[token], stops)
    out = [text.push(token) for token in range(len(parts))]
    return [*out, text.flush()], text.stopped


def test_a_character_split_across_tokens_appears_once_and_whole() -> None:
    parts = [bytes([byte]) for byte in "é€😀".encode()]
    assert stream(parts)[0] == ["", "é", "", "", "€", "", "", "", "😀", ""]


def test_an_unfinished_character_at_the_end_is_replaced() -> None:
    assert stream([b"a", b"\xe2\x82"])[0] == ["a", "", "\ufffd"]


@pytest.mark.parametrize("parts", [[b"one STOP two"], [b"one ", b"ST", b"OP", b" two"], [b"one S", b"TOP two"]])
def test_a_stop_string_ends_the_text_before_it_also_across_tokens(parts: list[bytes]) -> None:
    pieces, stopped = stream(parts, ("STOP",))
    assert ("".join(pieces), stopped) == ("one ", True)


def test_what_could_become_a_stop_string_is_held_until_it_does_not() -> None:
    assert stream([b"a<", b"|b"], ("<|end",))[0] == ["a", "<|b", ""]


def test_the_first_of_several_stop_strings_ends_the_text() -> None:
    assert "".join(stream([b"x yy zz"], ("zz", "yy"))[0]) == "x "


def test_no_more_is_kept_than_the_longest_stop_string() -> None:
    text = TextStream(lambda _: b"aaaa", ("aaab",))
    for token in range(1000):
        text.push(token)
    assert len(text.held) == 3
