"""The types as JSON and back. Knows the shape of a dataclass, nothing of what it means.

A dataclass becomes an object of its fields; where a field may hold one of several, `kind` says which:

    Hover(ref=13)                       {"kind": "Hover", "ref": 13}
    Observation(..., screenshot=b"…")   {..., "screenshot": "<base64>"}

A field that an older recording lacks takes its default; one that we do not know is passed over.
"""

from __future__ import annotations

import base64
import types
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def to_json(value: object, as_type: Any = None) -> Json:
    """`value` in what `json.dumps` takes. `as_type` when it stands where one of several may, as `Action`."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return base64.b64encode(value).decode()
        case tuple():
            item, *_ = get_args(as_type) or (None,)
            return [to_json(each, item) for each in cast("tuple[object, ...]", value)]
        case _ if is_dataclass(value) and not isinstance(value, type):
            kind: dict[str, Json] = {"kind": type(value).__name__} if len(_classes(get_args(as_type))) > 1 else {}
            return kind | {name: to_json(getattr(value, name), hint) for name, hint in _hints(type(value)).items()}
        case _:
            raise TypeError(f"{type(value).__name__} has no form in JSON; give it one in autoglm/codec.py")


def from_json(as_type: type[T], value: object, where: str = "$") -> T:
    """The value that `to_json(value, as_type)` came from. Raises ValueError naming the place that does not fit."""
    return cast("T", _read(as_type, value, where))


def _read(hint: Any, value: object, where: str) -> object:
    if get_origin(hint) in (Union, types.UnionType):
        return _read_one_of(get_args(hint), value, where)
    if get_origin(hint) is Literal:
        return _expect(value in get_args(hint), value, hint, where)
    if get_origin(hint) is tuple:
        items = cast("list[object]", _expect(isinstance(value, list), value, "a list", where))
        return tuple(_read(get_args(hint)[0], item, f"{where}[{i}]") for i, item in enumerate(items))
    if is_dataclass(hint):
        return _read_fields(cast("type[object]", hint), value, where)
    if hint is bytes:
        return base64.b64decode(cast("str", _expect(isinstance(value, str), value, "base64", where)), validate=True)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    fits = isinstance(value, hint) and (hint is bool or not isinstance(value, bool))
    return _expect(fits, value, getattr(hint, "__name__", hint), where)


def _read_one_of(hints: tuple[Any, ...], value: object, where: str) -> object:
    if value is None and type(None) in hints:
        return None
    classes = {each.__name__: each for each in _classes(hints)}
    if len(classes) > 1:
        given = cast("dict[str, object]", _expect(isinstance(value, dict), value, "an object", where))
        kind = given.get("kind")
        if kind not in classes:
            raise ValueError(f"{where}: kind {kind!r} is not one of {', '.join(classes)}")
        return _read(classes[str(kind)], given, where)
    (hint,) = (each for each in hints if each is not type(None))  # only `X | None` is left
    return _read(hint, value, where)


def _read_fields(cls: type[object], value: object, where: str) -> object:
    given = cast("dict[str, object]", _expect(isinstance(value, dict), value, cls.__name__, where))
    hints = _hints(cls)
    missing = [f.name for f in fields(cast("Any", cls)) if f.default is MISSING and f.name not in given]
    if missing:
        raise ValueError(f"{where}: {cls.__name__} lacks {', '.join(missing)}")
    return cls(**{name: _read(hints[name], given[name], f"{where}.{name}") for name in hints if name in given})


def _expect(fits: bool, value: object, what: object, where: str) -> object:
    if not fits:
        raise ValueError(f"{where}: {value!r:.80} is not {what}")
    return value


@cache
def _hints(cls: type[object]) -> dict[str, Any]:
    return get_type_hints(cls)


def _classes(hints: tuple[Any, ...]) -> list[type[object]]:
    return [each for each in hints if isinstance(each, type) and is_dataclass(each)]
