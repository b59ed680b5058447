"""The report on paper: accessible (PDF/UA-1), archivable (PDF/A-3a), the same bytes for the same audit.

Importing this package loads reportlab and pikepdf; only a run that writes a PDF should do so.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from smpcompliance.audit.finding import Audit
from smpcompliance.report.content import content
from smpcompliance.report.json import json
from smpcompliance.report.page import Page, Text
from smpcompliance.report.pdf.finish import finish
from smpcompliance.report.pdf.pages import draw
from smpcompliance.report.pdf.sealing import closed, made_with
from smpcompliance.report.pdf.sweeping import unswept
from smpcompliance.report.sealed import law, seal
from smpcompliance.report.telling import TOLD, Telling
from smpcompliance.report.words import load_words

AUDIT = "audit.json"


def pdf(page: Page, attachments: Mapping[str, bytes] | None = None) -> bytes:
    """A page as a PDF.

    Args:
        page: what is said.
        attachments: file name → content, put inside the PDF.

    Returns:
        The file; equal input gives equal bytes with the same versions of reportlab and pikepdf.
    """
    return finish(draw(page), page, attachments or {})


@unswept()
def report(audit: Audit, telling: Telling = TOLD) -> bytes:
    """The PDF report of an audit.

    Inside are the whole audit (audit.json), the texts of its rules (rulesets.zip) and a seal over these and the pages
    (seal.json); the hash of audit.json stands on the last page.
    """
    words = load_words(telling.language)
    inside = {AUDIT: json(audit, telling), law.FILE: law.packed(audit.rulesets)}
    printed = words("verify.printed", file=AUDIT, hash=hashlib.sha256(inside[AUDIT]).hexdigest())
    page = content(audit, words, telling)
    page = replace(page, blocks=(*page.blocks, Text(printed, "note")))

    def sealed(pages: list[str]) -> dict[str, bytes]:
        versions = {"smpcompliance": audit.version, **made_with()}
        return {seal.FILE: seal.seal(audit, telling, inside, pages, versions)}

    return closed(finish(draw(page), page, inside, sealed))
