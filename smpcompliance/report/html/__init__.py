"""The report for a browser: one file that needs nothing from outside, and nothing but itself to be read.

It is styled for light and dark screens, for narrow and wide ones and for paper; its one small script only lets the
reader choose severities and a log. Without the script everything is shown, and on paper always.
"""

import base64
import hashlib
from importlib import resources

from smpcompliance.audit.finding import Audit
from smpcompliance.report.content import content
from smpcompliance.report.html.blocks import Numbered, facts, figure, items, shares, table, text, verdict, width_class
from smpcompliance.report.html.filter import chooser, shown_note
from smpcompliance.report.html.markup import Attributes, Markup, element, together
from smpcompliance.report.html.outline import Nested, Part, outline, parts_of
from smpcompliance.report.page import Block, Facts, Figure, Items, Page, Table, Text, Verdict
from smpcompliance.report.telling import TOLD, Telling
from smpcompliance.report.words import Words, load_words


def report(audit: Audit, telling: Telling = TOLD) -> bytes:
    """The HTML report of an audit, UTF-8, self-contained; the same audit gives the same bytes."""
    words = load_words(telling.language)
    return html(content(audit, words, telling), words).encode()


def html(page: Page, words: Words) -> str:
    """A page as an HTML document."""
    nested = outline(page.blocks)
    style = Markup(_file("report.css") + _widths(page))
    script = Markup(_file("report.js"))
    body = together(
        (
            element("a", {"class": "skip", "href": "#report"}, words("html.skip")),
            element("header", {"class": "running"}, element("p", {}, page.running)),
            element(
                "div",
                {"class": "sheet"},
                element("div", {"class": "side"}, together((_contents(nested, words), chooser(nested, words)))),
                element("main", {"id": "report", "tabindex": "-1"}, _inside(nested, Numbered(), words)),
            ),
            element("footer", {"class": "running"}, element("p", {}, page.labels.get("made", ""))),
            shown_note(words),
            element("script", {}, script),
        )
    )
    head = together(
        (
            element("meta", {"charset": "utf-8"}),
            element("meta", {"http-equiv": "Content-Security-Policy", "content": _policy(style, script)}),
            element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
            element("meta", {"name": "color-scheme", "content": "light dark"}),
            element("meta", {"name": "referrer", "content": "no-referrer"}),
            element("meta", {"name": "generator", "content": f"smpcompliance {page.version}"}),
            element("title", {}, page.title),
            element("style", {}, style),
        )
    )
    whole = element("html", {"lang": page.language}, together((element("head", {}, head), element("body", {}, body))))
    return f"<!DOCTYPE html>\n{whole}\n"


def _file(name: str) -> str:
    return (resources.files("smpcompliance.report.html") / name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """Only this style and this script, by their hashes, and nothing from anywhere."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(part: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()


def _widths(page: Page) -> str:
    """The rules for the widths of columns that the tables of a page use; a strict policy allows no style elsewhere."""
    tables = [b.table if isinstance(b, Figure) else b for b in page.blocks if isinstance(b, Table | Figure)]
    used = sorted({share for each in tables for share in shares(each)})
    return "".join(f".{width_class(share)}{{width:{share}%}}\n" for share in used)


def _contents(nested: Nested, words: Words) -> Markup:
    """Links to every section; with several studios to each of them."""
    whole = parts_of(nested)
    sections = [part for top in whole for part in top.parts if part.depth == 2]
    several = any(part.heading.level == 1 for part in sections)
    listed = element("ol", {}, together(map(_entry, sections)))
    named = words("html.studios") if several else words("html.contents")
    return element(
        "nav",
        {"aria-label": named},
        element("details", {}, element("summary", {}, named), listed),
    )


def _entry(part: Part) -> Markup:
    return element("li", {}, element("a", {"href": f"#{part.id}"}, part.heading.text))


def _inside(nested: Nested, numbered: Numbered, words: Words) -> Markup:
    return together(
        _part(each, numbered, words) if isinstance(each, Part) else _block(each, numbered, words) for each in nested
    )


def _part(part: Part, numbered: Numbered, words: Words) -> Markup:
    level = part.heading.level
    looks = f"level-{level}" if level != part.depth else None
    heading = element(f"h{part.depth}", {"id": part.id, "class": looks}, part.heading.text)
    if part.label:
        heading = element("hgroup", {}, element("p", {"class": "label"}, part.label.text), heading)
    attributes: Attributes = {
        "class": "new-page" if part.new_page else None,
        "data-severity": part.heading.severity,
        "data-logs": " ".join(part.heading.logs) or None,
    }
    note = [element("p", {"class": "hidden-here", "hidden": True})] if any(p.chosen for p in part.parts) else []
    return element("section", attributes, together((heading, *note, _inside(part.inside, numbered, words))))


def _block(block: Block, numbered: Numbered, words: Words) -> Markup:
    match block:
        case Text():
            return text(block)
        case Verdict():
            return verdict(block)
        case Facts():
            return facts(block)
        case Items():
            return items(block)
        case Table():
            return table(block, numbered)
        case Figure():
            return figure(block, numbered, words)
        case _:
            raise TypeError(f"a {type(block).__name__} stands in no part")
