"""The data that a run is to return: their JSON schema, and whether data fit it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from jsonschema import exceptions, validators
from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from autoglm.errors import SchemaInvalid
from autoglm.seams import Json


class Schema:
    """Made of a JSON schema, or of a type that pydantic knows: a model, a dataclass, `list[Invoice]`."""

    def __init__(self, wanted: Mapping[str, Any] | type[Any]) -> None:
        """Raises SchemaInvalid."""
        self._type: TypeAdapter[Any] | None = None
        if isinstance(wanted, Mapping):
            self.json: Json = dict(wanted)
        else:
            try:
                self._type = TypeAdapter(wanted)
                self.json = self._type.json_schema()
            except (PydanticSchemaGenerationError, PydanticUserError) as error:
                raise SchemaInvalid(f"{wanted!r} is no type that pydantic can describe: {_line(error)}") from error
        _check(self.json)
        checks = validators.validator_for(self.json, default=validators.Draft202012Validator)
        self._validator = checks(self.json, registry=Registry())  # an empty one: nothing is fetched

    @property
    def text(self) -> str:
        return json.dumps(self.json, ensure_ascii=False)

    def complaint(self, data: Any) -> str | None:
        """What of the data does not fit, and where: `$.items[0].price: 'x' is not of type 'number'`."""
        wrong = min(self._validator.iter_errors(data), key=exceptions.relevance, default=None)
        if wrong:
            return f"{wrong.json_path}: {_line(wrong.message)}"
        if self._type:
            try:
                self._type.validate_python(data)
            except ValidationError as error:
                first = error.errors()[0]
                return f"{'.'.join(map(str, ('$', *first['loc'])))}: {first['msg']}"
        return None

    def load(self, text: str) -> Any:
        """The data of this JSON, as the type that was asked for."""
        return self._type.validate_json(text) if self._type else json.loads(text)


def read_schema(text: str) -> Schema:
    """The schema written in a file. Raises SchemaInvalid."""
    try:
        read = json.loads(text)
    except ValueError as error:
        raise SchemaInvalid(f"it is not JSON: {error}") from error
    if not isinstance(read, dict):
        raise SchemaInvalid(f"a JSON schema is an object, not {_line(text)}")
    return Schema(cast("Json", read))


def merge(old: Any, new: Any) -> Any:
    """Data of several pages in one: lists grow by what is new, objects key by key, all else is replaced."""
    if isinstance(old, list) and isinstance(new, list):
        items = cast("list[Any]", old)
        return [*items, *(item for item in cast("list[Any]", new) if item not in items)]
    if isinstance(old, dict) and isinstance(new, dict):
        both, added = cast("Json", old), cast("Json", new)
        return both | {key: merge(both.get(key), value) for key, value in added.items()}
    return new


def _check(schema: Json) -> None:
    """Raises SchemaInvalid for what is no JSON schema, or needs another document."""
    checks = validators.validator_for(schema, default=validators.Draft202012Validator)
    try:
        checks.check_schema(schema)
    except exceptions.SchemaError as error:
        raise SchemaInvalid(f"{error.json_path}: {_line(error.message)}") from error
    resolver = Registry[Any]().with_resource("", DRAFT202012.create_resource(schema)).resolver()
    for reference in _references(schema):
        try:
            resolver.lookup(reference)
        except Unresolvable:
            raise SchemaInvalid(f"$ref {reference!r} leads nowhere; put it under $defs, nothing is fetched") from None


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in cast("Json", node).items():
            if key == "$ref" and isinstance(value, str):
                yield value
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for value in cast("list[object]", node):
            yield from _references(value)


def _line(said: object) -> str:
    return " ".join(str(said).split())[:200]
