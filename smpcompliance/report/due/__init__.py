"""What is due next, rendered: for people, for tables, for programs and for calendars."""

from collections.abc import Callable
from importlib import import_module

from smpcompliance.audit.due import DueList
from smpcompliance.report.words import Words

FORMATS = ("text", "csv", "json", "ics")


def render(found: DueList, name: str, words: Words) -> bytes:
    """The list in one of `FORMATS`; the same list gives the same bytes."""
    made: Callable[[DueList, Words], bytes] = import_module(f"smpcompliance.report.due.{name}").report
    return made(found, words)
