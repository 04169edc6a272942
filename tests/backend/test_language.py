"""Tokens and layout are those that Transformers makes of the same folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from autoglm_backend.checkpoint import EMBEDDED
from autoglm_backend.errors import CheckpointError
from autoglm_backend.language import read_language
from transformers import PreTrainedTokenizerFast

CHATS: list[list[dict[str, Any]]] = [
    [{"role": "user", "content": "hello"}],
    [{"role": "system", "content": "Ünïcode 页面\n\n"}, {"role": "user", "content": "<b>'&'</b>"}],
    [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b <|user|> c"}],
]


@pytest.fixture(params=["embedded", "glm4_dir"])
def folder(request: pytest.FixtureRequest) -> Path:
    return EMBEDDED if request.param == "embedded" else request.getfixturevalue(request.param)


@pytest.mark.parametrize("chat", CHATS)
@pytest.mark.parametrize("prompt", [True, False])
def test_a_conversation_is_laid_out_as_transformers_does(
    folder: Path, chat: list[dict[str, Any]], prompt: bool
) -> None:
    theirs: Any = PreTrainedTokenizerFast.from_pretrained(folder)
    ours = read_language(folder)

    text = ours.lay_out(chat, add_generation_prompt=prompt)

    assert text == theirs.apply_chat_template(chat, tokenize=False, add_generation_prompt=prompt)
    assert ours.encode(text) == theirs.encode(text, add_special_tokens=False)
    assert ours.tokens == len(theirs)


@pytest.mark.parametrize("begun", ["do(action", " do( \n", "<|user|>"])
def test_a_reply_that_was_begun_goes_on_where_it_ends(folder: Path, begun: str) -> None:
    theirs: Any = PreTrainedTokenizerFast.from_pretrained(folder)
    chat = [*CHATS[0], {"role": "assistant", "content": begun}]

    text = read_language(folder).lay_out(chat, add_generation_prompt=False, goes_on=True)

    assert text == theirs.apply_chat_template(chat, tokenize=False, continue_final_message=True)
    assert text.rstrip().endswith(begun.strip())


def test_a_template_has_json_the_time_and_the_tokens_names(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    template = (
        "{{ eos_token }}{% for message in messages %}{% if loop.index > 1 %}{% break %}{% endif %}"
        "{{ message | tojson }}{% endfor %}\n  {% if thinking %}\n{{ strftime_now('%Y') }}{% endif %}"
    )
    (tmp_path / "copy/chat_template.jinja").write_text(template)
    theirs: Any = PreTrainedTokenizerFast.from_pretrained(tmp_path / "copy")

    text = read_language(tmp_path / "copy").lay_out(CHATS[1], thinking=True)

    assert text == theirs.apply_chat_template(CHATS[1], tokenize=False, add_generation_prompt=True, thinking=True)


def test_special_tokens_that_only_the_settings_name_are_known(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    file = tmp_path / "copy/tokenizer_config.json"
    settings = json.loads(file.read_text())
    number = read_language(folder).tokens
    flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    settings["added_tokens_decoder"] = {str(number): {"content": "<|new|>", **flags}}
    file.write_text(json.dumps(settings))

    language = read_language(tmp_path / "copy")

    assert language.specials[number] == "<|new|>" and language.encode("<|new|>") == [number]


def test_a_broken_tokenizer_or_template_is_told(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy/chat_template.jinja").write_text("{% if %}")
    with pytest.raises(CheckpointError, match="its chat template cannot be read"):
        read_language(tmp_path / "copy")
    (tmp_path / "copy/tokenizer.json").write_text("{}")
    with pytest.raises(CheckpointError, match="its tokenizer cannot be read"):
        read_language(tmp_path / "copy")
