"""The answer on paper: accessible (PDF/UA-1), archivable (PDF/A-3a), with its data inside."""

from smpcompliance.report.pdf import pdf
from smpcompliance.report.trace import json
from smpcompliance.report.trace.page import page
from smpcompliance.report.words import Words
from smpcompliance.trace.run import Trace

DATA = "exposure.json"


def report(trace: Trace, words: Words, names: bool) -> bytes:
    """The list on paper with `exposure.json` inside, which names people only where the pages do."""
    return pdf(page(trace, words, names), {DATA: json.report(trace, words, names)})
