"""Whether plain data fits a JSON Schema, as far as our own schemas use the language."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "null": (type(None),), "string": (str,), "integer": (int,), "boolean": (bool,), "object": (dict,), "array": (list,)
}  # fmt: skip


def misfits(data: Any, schema: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """The places where data does not fit a schema (`results.3.status`), in order."""
    if "anyOf" in schema:
        if all(next(misfits(data, each, at), None) is not None for each in schema["anyOf"]):
            yield at
        return
    if not _fits(data, schema):
        yield at
    elif isinstance(data, dict):
        yield from _object(data, schema, at)
    elif isinstance(data, list):
        for n, each in enumerate(data):
            yield from misfits(each, schema.get("items", {}), f"{at}.{n}")


def _fits(data: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a value by itself fits; what it holds is looked at elsewhere."""
    kinds = schema.get("type")
    if kinds is not None and not _is(data, [kinds] if isinstance(kinds, str) else kinds):
        return False
    if ("const" in schema and data != schema["const"]) or ("enum" in schema and data not in schema["enum"]):
        return False
    if isinstance(data, str):
        return re.search(schema.get("pattern", ""), data) is not None
    return not isinstance(data, int) or bool(data >= schema.get("minimum", data))


def _object(data: dict[str, Any], schema: Mapping[str, Any], at: str) -> Iterator[str]:
    known: Mapping[str, Any] = schema.get("properties", {})
    yield from (f"{at}.{name}" for name in schema.get("required", ()) if name not in data)
    others = schema.get("additionalProperties", {})
    for name, each in data.items():
        if "propertyNames" in schema:
            yield from misfits(name, schema["propertyNames"], f"{at}.{name}")
        if name in known:
            yield from misfits(each, known[name], f"{at}.{name}")
        elif others is False:
            yield f"{at}.{name}"
        else:
            yield from misfits(each, others, f"{at}.{name}")


def _is(data: Any, kinds: list[str]) -> bool:
    found = "boolean" if isinstance(data, bool) else None
    return any(kind == found if found else isinstance(data, _TYPES[kind]) for kind in kinds)
