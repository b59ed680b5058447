"""The parts of a duty to hold a paper, as a rule writes them."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from smpcompliance.checks.check import LogName
from smpcompliance.checks.condition import Conditions, Strict
from smpcompliance.logs.schema import LOGS, schema

Holder = Literal["studio", "premises", "practitioners", "equipment"]


def _words(source: Any) -> Any:
    return [source] if isinstance(source, str) else source


def column_of_log(path: str) -> str:
    """A log and a column of it, joined by a dot.

    Raises:
        ValueError: it is none.
    """
    log, _, column = path.partition(".")
    if log not in LOGS or column not in schema(log).columns:
        raise ValueError(f"{path!r} is no column of a log; write it as sessions.procedure")
    return path


Types = Annotated[list[str], BeforeValidator(_words), Field(min_length=1)]


class While(Strict):
    """The records whose days are judged."""

    log: LogName
    where: Conditions = Conditions({})


class During(Strict):
    """The papers of the same holder on whose days alone is judged."""

    document_type: Types
    where: Conditions = Conditions({})


class Chosen(Strict):
    """Conditions on the holder's log; in a rule only the conditions are written."""

    log: LogName
    where: Conditions


def with_log_of_holder(source: Any) -> Any:
    """A rule's fields with the conditions on the holder beside the log they speak of."""
    if isinstance(source, dict) and isinstance(where := source.get("holder_where"), dict) and source.get("for") in LOGS:
        return {**source, "holder_where": {"log": source["for"], "where": where}}
    return source
