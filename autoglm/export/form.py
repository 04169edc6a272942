"""A run as data for other programs: one JSON object of a known version, with a schema kept in the package. Pure.

Secrets are in it by the name of an environment variable only; pictures are not.
"""

from __future__ import annotations

import json
import types
from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from autoglm.codec import from_json, to_json
from autoglm.errors import ExportError
from autoglm.export.secret import secrets_of
from autoglm.schema import Schema
from autoglm.seams import Json
from autoglm.types import Run, Step

VERSION = 1
"""Raised when a reader of the last one would misread; what is only added does not raise it."""


def dump_run(run: Run, steps: Sequence[Step]) -> Json:
    bare = [replace(step, observation=replace(step.observation, screenshot=None)) for step in steps]
    secrets = secrets_of(steps)
    value = {
        "format": "autoglm-run",
        "version": VERSION,
        "secrets": sorted(secrets.values()),
        "run": to_json(run),
        "steps": [to_json(step) for step in bare],
    }
    return cast("Json", _hidden(value, secrets))


def load_run(value: Json, secrets: dict[str, str]) -> tuple[Run, list[Step]]:
    """`secrets`: by variable the value. Raises ExportError when it is no run, of a newer version, or lacks a secret."""
    if value.get("format") != "autoglm-run":
        raise ExportError("this is no recorded run: it does not say format autoglm-run")
    if value.get("version") != VERSION:
        raise ExportError(
            f"this run is of version {value.get('version')!r}, and {VERSION} is known here; update autoglm"
        )
    missing = [name for name in value["secrets"] if name not in secrets]
    if missing:
        raise ExportError(f"the environment lacks {' and '.join(missing)}, which this run types; set it and go on")
    shown = cast("Json", _shown(value, {f"${name}": secrets[name] for name in value["secrets"]}))
    try:
        run = from_json(Run, shown["run"], "$.run")
        return run, [from_json(Step, step, f"$.steps[{i}]") for i, step in enumerate(shown["steps"])]
    except ValueError as error:
        raise ExportError(f"this run cannot be read: {error}") from error


@cache
def schema() -> Json:
    """What `dump_run` gives, as the package keeps it."""
    return json.loads(files("autoglm.export").joinpath("run.schema.json").read_text(encoding="utf-8"))


def complaint(value: Json) -> str | None:
    """Where it does not fit the schema."""
    return _checker().complaint(value)


@cache
def _checker() -> Schema:
    """Checked against the schema of schemas once."""
    return Schema(schema())


def _hidden(value: object, secrets: dict[str, str]) -> object:
    """Whole strings that are a secret, and secrets within longer ones, by `$NAME`."""
    match value:
        case str():
            for secret in sorted(secrets, key=len, reverse=True):
                if value == secret or len(secret) >= 4:
                    value = value.replace(secret, f"${secrets[secret]}")
            return value
        case list():
            return [_hidden(each, secrets) for each in cast("list[object]", value)]
        case dict():
            return {key: _hidden(each, secrets) for key, each in cast("dict[str, object]", value).items()}
        case _:
            return value


def _shown(value: object, secrets: dict[str, str]) -> object:
    match value:
        case str():
            for name in sorted(secrets, key=len, reverse=True):
                value = value.replace(name, secrets[name])
            return value
        case list():
            return [_shown(each, secrets) for each in cast("list[object]", value)]
        case dict():
            return {key: _shown(each, secrets) for key, each in cast("dict[str, object]", value).items()}
        case _:
            return value


# ---------------------------------------------------------------- the schema, from the types


def schema_of_types() -> Json:
    """The schema that the types have now; a test holds the one in the package to it."""
    known: dict[str, Json] = {}
    run, step = _of(Run, known), _of(Step, known)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A recorded run of autoglm",
        "type": "object",
        "required": ["format", "version", "secrets", "run", "steps"],
        "properties": {
            "format": {"const": "autoglm-run"},
            "version": {"const": VERSION},
            "secrets": {"type": "array", "items": {"type": "string"}},
            "run": run,
            "steps": {"type": "array", "items": step},
        },
        "$defs": dict(sorted(known.items())),
    }


PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", bytes: "string", type(None): "null"}


def _of(hint: Any, known: dict[str, Json]) -> Json:
    if get_origin(hint) in (Union, types.UnionType):
        return _of_union(get_args(hint), known)
    if get_origin(hint) is Literal:
        return {"enum": list(get_args(hint))}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _of(get_args(hint)[0], known)}
    if is_dataclass(hint):
        return _of_class(cast("type[object]", hint), known)
    return {"type": PLAIN[hint]}


def _of_union(hints: tuple[Any, ...], known: dict[str, Json]) -> Json:
    several = sum(is_dataclass(hint) for hint in hints) > 1
    ways: list[Json] = []
    for hint in hints:
        way = _of(hint, known)
        if several and is_dataclass(hint):
            kind = {"properties": {"kind": {"const": cast("type", hint).__name__}}, "required": ["kind"]}
            way = {"allOf": [way, kind]}
        ways.append(way)
    return {"anyOf": ways}


def _of_class(cls: type[object], known: dict[str, Json]) -> Json:
    if cls.__name__ not in known:
        known[cls.__name__] = {}  # a locator may lie within a locator
        hints = get_type_hints(cls)
        named = fields(cast("Any", cls))
        known[cls.__name__] = {
            "type": "object",
            "properties": {each.name: _of(hints[each.name], known) for each in named},
            "required": [each.name for each in named if each.default is MISSING and each.default_factory is MISSING],
        }
    return {"$ref": f"#/$defs/{cls.__name__}"}
