"""The summary of many studios, rendered: for people and for programs."""

from smpcompliance.report.fleet.summary import Summary
from smpcompliance.report.words import Words

FORMATS = ("text", "json", "pdf", "html")


def render(summary: Summary, name: str, words: Words) -> bytes:
    """The summary in one of `FORMATS`; the same summary gives the same bytes."""
    if name == "json":
        from smpcompliance.report.fleet import json

        return json.report(summary, words)
    from smpcompliance.report.fleet.content import content

    page = content(summary, words)
    if name == "pdf":
        from smpcompliance.report.pdf import pdf

        return pdf(page)
    if name == "html":
        from smpcompliance.report.html import html

        return html(page, words).encode()
    from smpcompliance.report.text import text

    return text(page).encode()
