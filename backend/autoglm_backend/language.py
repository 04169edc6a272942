"""Messages to tokens and back, as a model's folder says. Knows no weights; imports neither torch nor Transformers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
import jinja2.ext
import jinja2.sandbox
from tokenizers import AddedToken, Tokenizer

from autoglm_backend.errors import CheckpointError

DEFAULTS = ("temperature", "top_p", "top_k")


@dataclass(frozen=True)
class Language:
    """A checkpoint's tokenizer, its chat template, and what ends a reply."""

    tokenizer: Tokenizer
    template: jinja2.Template
    names: Mapping[str, str]  # eos_token and the like, which templates may ask for
    specials: Mapping[int, str]  # tokens that mean something to the model and are no text
    stop_ids: frozenset[int]
    defaults: Mapping[str, float]  # DEFAULTS, as far as generation_config.json has them

    @property
    def tokens(self) -> int:
        return self.tokenizer.get_vocab_size(with_added_tokens=True)

    def encode(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def lay_out(self, messages: Sequence[Mapping[str, str]], goes_on: bool = False, **variables: Any) -> str:
        """The text of a conversation, whose last message `goes_on`. Raises TemplateError where the template refuses."""
        text = self.template.render(messages=messages, **{**self.names, "add_generation_prompt": True, **variables})
        return unended(text, messages[-1]["content"]) if goes_on else text


def unended(text: str, last: str) -> str:
    """The conversation up to where its last message ends, with the spaces at its end where the template kept them."""
    at = text.rfind(last.strip())
    if at < 0:
        raise jinja2.TemplateError("the last message is not in what it makes, so there is nothing to go on from")
    whole = last.lstrip()
    return text[: at + len(whole if text.startswith(whole, at) else last.strip())]


def read_language(folder: Path) -> Language:
    """Raises CheckpointError when tokenizer or template cannot be used."""
    settings = read_json(folder / "tokenizer_config.json")
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:
        if type(error) is not Exception:  # tokenizers raises plain Exception for whatever is wrong with the file
            raise
        raise CheckpointError(f"{folder}: its tokenizer cannot be read ({error}); download it again") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    named = {name: text_of(value) for name, value in settings.items() if name.endswith("_token") and value is not None}
    more = settings.get("additional_special_tokens") or settings.get("extra_special_tokens") or ()
    add_missing(tokenizer, settings.get("added_tokens_decoder", {}), [*named.values(), *map(text_of, more)])
    generation, config = read_json(folder / "generation_config.json"), read_json(folder / "config.json")
    stops = generation.get("eos_token_id", config.get("eos_token_id"))
    return Language(
        tokenizer,
        compiled(folder, settings),
        named,
        {at: token.content for at, token in tokenizer.get_added_tokens_decoder().items() if token.special},
        frozenset([stops] if isinstance(stops, int) else stops or ()),
        {name: value for name in DEFAULTS if isinstance(value := generation.get(name), int | float)},
    )


def add_missing(tokenizer: Tokenizer, listed: Mapping[str, Mapping[str, Any]], special: Sequence[str]) -> None:
    """The tokens that tokenizer_config.json names and tokenizer.json lacks join it, in the order of their numbers."""
    known = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    for _, token in sorted(listed.items(), key=lambda item: int(item[0])):
        if token["content"] not in known:
            flags = {
                name: bool(token.get(name)) for name in ("single_word", "lstrip", "rstrip", "normalized", "special")
            }
            tokenizer.add_tokens([AddedToken(token["content"], **flags)])
    tokenizer.add_special_tokens([name for name in special if tokenizer.token_to_id(name) is not None])


def compiled(folder: Path, settings: Mapping[str, Any]) -> jinja2.Template:
    """The chat template in the sandbox that templates are written for: Transformers' flags, filter and functions."""
    file = folder / "chat_template.jinja"
    source: Any = file.read_text(encoding="utf-8") if file.is_file() else settings.get("chat_template")
    if isinstance(source, list):
        source = next((one["template"] for one in source if one["name"] == "default"), None)
    if not source:
        raise CheckpointError(
            f"{folder} has no chat template (chat_template.jinja, or in tokenizer_config.json): "
            "the engine cannot lay out messages without one; take the model's chat version, or add the file"
        )
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = as_json
    offered: dict[str, Any] = environment.globals  # Jinja types it by what it offers itself
    offered |= {"raise_exception": refuse, "strftime_now": now}
    try:
        return environment.from_string(source)
    except jinja2.TemplateSyntaxError as error:
        raise CheckpointError(
            f"{folder}: its chat template cannot be read (line {error.lineno}: {error.message}); download it again"
        ) from error


def as_json(value: Any, indent: int | None = None, ensure_ascii: bool = False, **how: Any) -> str:
    """Not Jinja's own, which escapes what is special in HTML."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, **how)


def refuse(message: str) -> None:
    raise jinja2.TemplateError(message)


def now(form: str) -> str:
    return datetime.now().astimezone().strftime(form)


def text_of(token: str | Mapping[str, Any]) -> str:
    return token if isinstance(token, str) else token["content"]


def read_json(file: Path) -> dict[str, Any]:
    """Empty when there is no such file."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise CheckpointError(f"{file} is not JSON ({error}): download or copy it again") from error
