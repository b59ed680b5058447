"""The report on paper: accessible (PDF/UA-1), archivable (PDF/A-3a), the same bytes for the same audit.

Importing this package loads reportlab and pikepdf; only a run that writes a PDF should do so.
"""

from collections.abc import Mapping

from smpcompliance.audit.finding import Audit
from smpcompliance.report.content import content
from smpcompliance.report.json import json
from smpcompliance.report.page import Page
from smpcompliance.report.pdf.finish import finish
from smpcompliance.report.pdf.pages import draw
from smpcompliance.report.telling import TOLD, Telling
from smpcompliance.report.words import load_words


def pdf(page: Page, attachments: Mapping[str, bytes] | None = None) -> bytes:
    """A page as a PDF.

    Args:
        page: what is said.
        attachments: file name → content, put inside the PDF.

    Returns:
        The file; equal input gives equal bytes with the same versions of reportlab and pikepdf.
    """
    return finish(draw(page), page, attachments or {})


def report(audit: Audit, telling: Telling = TOLD) -> bytes:
    """The PDF report of an audit, with the whole audit inside as audit.json."""
    return pdf(content(audit, load_words(telling.language), telling), {"audit.json": json(audit, telling)})
