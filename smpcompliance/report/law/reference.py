"""Pages for whoever writes rules or fills in logs: every log with its columns, every kind of check with its fields."""

import inspect
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from smpcompliance.checks import KINDS
from smpcompliance.checks.check import Check
from smpcompliance.logs.schema import LOGS, Column, schema
from smpcompliance.report.law.words import markdown, table


def logs() -> Iterator[str]:
    """The page of the logs, line by line."""
    yield from (
        "# The logs",
        "",
        "Each log is a table of its own name; other names of files and heads are understood too.",
    )
    yield from (
        "Private columns are judged and never printed. `smpcompliance schema log NAME` gives each as JSON Schema.",
        "",
    )
    for name in LOGS:
        log = schema(name)
        yield from (f"## {name}", "", markdown(log.about), "", f"Key: `{log.key}`" + _when(log.when), "")
        heads = ["column", "type", "words, unit or link", "meaning", "private"]
        yield from table(heads, [_column(column) for column in log.columns.values()])


def _when(column: str | None) -> str:
    return f", day: `{column}`" if column else ""


def _column(column: Column) -> list[str]:
    more = [", ".join(column.one_of), column.unit or "", f"a record of {column.to}" if column.to else ""]
    kind = f"{column.type}, reckoned" if column.derived else column.type
    said = "; ".join(markdown(part) for part in more if part)
    return [f"`{column.name}`", kind, said, markdown(column.about), markdown(column.private or "")]


def kinds() -> Iterator[str]:
    """The page of the kinds of check, line by line."""
    yield from (
        "# The kinds of check",
        "",
        "What a rule may write under `check`. Every field is also in `smpcompliance schema rule`.",
        "",
    )
    for name, kind in KINDS.items():
        yield from (f"## {name}", "", *_about(kind), "")
        yield from table(["field", "by default"], [_field(key, info) for key, info in kind.model_fields.items()])


def _about(kind: type[Check]) -> Iterator[str]:
    for part in (inspect.getdoc(kind) or "").split("\n\n"):
        yield from (" ".join(part.split()), "")


def _field(name: str, info: FieldInfo) -> list[str]:
    key = info.alias or name
    return [
        f"`{key}`",
        "must be written" if info.is_required() else f"`{_said(info.get_default(call_default_factory=True))}`",
    ]


def _said(value: Any) -> str:
    if value is None or value == [] or not getattr(value, "root", True) or not str(value):
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else str(value)
