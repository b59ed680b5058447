"""Who is exposed, rendered: a report for people, a list on paper, tables, data, and letters to clients."""

from collections.abc import Callable
from importlib import import_module

from smpcompliance.report.words import Words
from smpcompliance.trace.run import Trace

FORMATS = ("text", "json", "csv", "pdf", "letters")


def render(trace: Trace, name: str, words: Words, names: bool = False) -> bytes:
    """The trace in one of `FORMATS`; the same trace gives the same bytes.

    Args:
        names: with names and contacts of clients, as the log of clients has them; what is written is then marked as
            confidential. Without it nobody is named: clients are codes or pseudonyms.
    """
    made: Callable[[Trace, Words, bool], bytes] = import_module(f"smpcompliance.report.trace.{name}").report
    return made(trace, words, names)
