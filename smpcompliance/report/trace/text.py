"""The answer as plain text."""

from smpcompliance.report.text import text
from smpcompliance.report.trace.page import page
from smpcompliance.report.words import Words
from smpcompliance.trace.run import Trace


def report(trace: Trace, words: Words, names: bool) -> bytes:
    """The whole answer, UTF-8, a hundred columns."""
    return text(page(trace, words, names)).encode()
