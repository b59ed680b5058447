"""The report for a browser: one file, nothing from outside, readable without sight, colour or script."""

import base64
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from law import contents_rule
from sample_audit import sample

from smpcompliance.report.html import html, report
from smpcompliance.report.html.blocks import TOGETHER
from smpcompliance.report.page import (
    Break,
    Cell,
    Facts,
    Figure,
    Heading,
    Item,
    Items,
    Label,
    Line,
    Mark,
    Page,
    Rect,
    Table,
    Text,
    Verdict,
)
from smpcompliance.report.svg import svg
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import load_words

VOID = {"meta", "col", "input", "br"}
HOSTILE = [
    "</script><script>alert(1)</script>", '" onmouseover="alert(1)', "' onfocus=alert(1) autofocus='", "<img src=x onerror=a>",
    "\u202egnp.exe", "\x00\x1b[2J", "&lt;b&gt;", "--><svg onload=a>", "]]>", "{{7*7}}", "</title><b>", "\ud800", "javascript:a",
]  # fmt: skip


@dataclass
class Node:
    name: str
    attributes: dict[str, str | None]
    inside: "list[Node | str]" = field(default_factory=list)

    def every(self, name: str = "") -> "list[Node]":
        found = [self] if name in ("", self.name) else []
        return found + [n for child in self.inside if isinstance(child, Node) for n in child.every(name)]

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.inside)


class Tree(HTMLParser):
    """Reads a document and fails where an element is not closed in its place."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Node("", {})]
        self.feed(document)
        self.close()
        assert len(self.open) == 1, f"not closed: {[n.name for n in self.open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, dict(attrs))
        assert len(node.attributes) == len(attrs), f"an attribute of {tag} stands twice"
        self.open[-1].inside.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Node(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().name == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read(document: str | bytes) -> Node:
    return Tree(document.decode() if isinstance(document, bytes) else document).open[0]


def page_of(*blocks: object) -> Page:
    return Page("Title", "Running", "a4", "en", date(2026, 11, 21), "1", tuple(blocks), {"made": "made"})  # type: ignore[arg-type]


def told(*blocks: object) -> Node:
    return read(html(page_of(*blocks), load_words()))


TABLE = Table(("Month", "Loads"), ((Cell("Jan"), Cell("12")),), (3, 1), frozenset({1}), True, "Loads by month")


def figure(title: str = "Loads", alt: str = "Twelve loads.") -> Figure:
    shapes = (
        Rect(0, 0, 10, 10, "critical", "hatched"), Rect(0, 0, 1.5, 10), Line(0, 0, 480, 0, dashed=True),
        Label(5, 5, title), *(Mark(1, 1, shape) for shape in ("circle", "ring", "cross", "triangle", "square", "diamond", "bar")),
    )  # fmt: skip
    return Figure(title, alt, shapes, 20, TABLE)


@pytest.fixture(name="document", scope="module")
def _document(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return report(sample(tmp_path_factory.mktemp("html")))


def test_nothing_is_loaded_from_anywhere(document: bytes) -> None:
    for node in read(document).every():
        assert not {"src", "srcset", "action", "data", "poster", "style"} & node.attributes.keys()
        assert node.attributes.get("href", "#").startswith("#")  # type: ignore[union-attr]
        assert not [name for name in node.attributes if name.startswith("on")]
    style = read(document).every("style")[0].text
    assert "@import" not in style and "url(" not in style


def test_only_its_own_style_and_script_may_run(document: bytes) -> None:
    tree = read(document)
    policy = next(n.attributes["content"] for n in tree.every("meta") if "http-equiv" in n.attributes) or ""
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy
    for name in ("style", "script"):
        (one,) = tree.every(name)
        expected = base64.b64encode(hashlib.sha256(one.text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{expected}'" in policy


def test_headings_make_an_outline_and_every_link_leads_somewhere(document: bytes) -> None:
    tree = read(document)
    levels = [int(n.name[1]) for n in tree.every() if re.fullmatch("h[1-6]", n.name)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))
    ids = Counter(n.attributes["id"] for n in tree.every() if "id" in n.attributes)
    assert max(ids.values()) == 1
    assert {n.attributes["href"] for n in tree.every("a")} <= {f"#{id}" for id in ids}
    assert tree.every("body")[0].every("a")[0].attributes["href"] == "#report"


def test_language_title_and_landmarks_are_said(document: bytes) -> None:
    tree = read(document)
    assert tree.every("html")[0].attributes["lang"] == "en"
    assert tree.every("title")[0].text == "Compliance audit: Fade & Dot"
    assert [len(tree.every(name)) for name in ("main", "nav", "footer")] == [1, 1, 1]


def test_every_table_has_a_caption_and_heads_with_their_scope(document: bytes) -> None:
    for table in read(document).every("table"):
        assert table.every("caption")[0].text
        assert all(head.attributes["scope"] == "col" for head in table.every("thead")[0].every("th"))
        assert all(head.attributes["scope"] == "row" for head in table.every("tbody")[0].every("th"))


def test_what_can_be_chosen_says_its_severity_and_logs(document: bytes) -> None:
    tree = read(document)
    parts = [n for n in tree.every("section") if "data-severity" in n.attributes]
    said = {n.every("h3")[0].text: (n.attributes["data-severity"], n.attributes["data-logs"]) for n in parts}
    assert said["Contents are written down"] in {("major", "sterilization_cycles"), ("advice", "sterilization_cycles")}
    boxes = [n.attributes["value"] for n in tree.every("input")]
    assert boxes == ["major", "advice"]
    assert [n.attributes["value"] for n in tree.every("option")] == ["", "sterilization_cycles"]


def test_without_its_script_everything_is_shown_and_the_choice_is_not(document: bytes) -> None:
    tree = read(document)
    hidden = [n for n in tree.every() if "hidden" in n.attributes]
    assert all(n.every("input") or n.name == "button" or not n.text for n in hidden)
    assert not [n for n in tree.every() if n.attributes.get("class") == "filtered"]


def test_what_is_hidden_is_shown_on_paper() -> None:
    style = re.sub(r"\s+", " ", told(Heading(1, "T")).every("style")[0].text)
    assert style.count(".filtered") == 1
    assert "@media screen { .filtered { display: none; } }" in style


def test_a_finding_stands_with_its_place_and_what_is_not_judged_with_its_reason(document: bytes) -> None:
    said = read(document).every("main")[0].text
    assert "Breached: 1 of 1 duty judged" in said
    assert "Load B has no contents." in said and "sterilization_cycles.csv, line 3" in said
    assert "a log it needs was not handed in" in said


def test_the_same_audit_gives_the_same_bytes(document: bytes, tmp_path: Path) -> None:
    assert report(sample(tmp_path)) == document


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markup(text: str) -> None:
    blocks = (
        Text(text, "label"), Heading(1, text), Heading(2, text), Heading(3, text, "critical", ("sessions",)), Text(text, lead=text),
        Verdict(text, (text,), "good"), Facts(((text, text),)), Items((Item(text, text, text),), "box"),
        Table((text,), ((Cell(text, (text,), True, "major"),),), (1,), about=text), figure(text, text), Break(),
    )  # fmt: skip
    tree = told(*blocks)
    plain = [n.name for n in told(*(_with(block, "x") for block in blocks)).every()]
    assert [n.name for n in tree.every()] == plain
    names = {name for n in tree.every() for name in n.attributes}
    assert not [name for name in names if name.startswith("on") or name == "autofocus"]
    said = tree.every("body")[0].text
    assert not set("\x00\x1b\u202e") & set(said)


def _with(block: object, text: str) -> object:
    match block:
        case Heading():
            return replace(block, text=text)
        case Table():
            return replace(block, heads=(text,), rows=((Cell(text, (text,), True, "major"),),), about=text)
        case Figure():
            return figure(text, text)
        case _:
            return block


def test_a_hostile_log_and_studio_change_nothing_but_words(tmp_path: Path) -> None:
    loads = "</script><script>x()</script>,load,2026-10-02T09:00,,pass\n"
    tree = read(report(sample(tmp_path, loads=loads, name="</title><script>y()</script>")))
    assert len(tree.every("script")) == 1
    assert "</script><script>x()</script>" in tree.every("main")[0].text
    assert tree.every("h1")[0].text == "</title><script>y()</script>"


def test_a_picture_says_what_it_shows_and_has_its_numbers_behind_it() -> None:
    (shown,) = told(Heading(1, "T"), figure()).every("figure")
    (picture,) = shown.every("svg")
    assert picture.attributes["role"] == "img"
    named = (picture.attributes["aria-labelledby"] or "").split()
    texts = {n.attributes.get("id"): n.text for n in picture.every()}
    assert [texts[id] for id in named] == ["Loads", "Twelve loads."]
    assert "Jan" in shown.every("details")[0].every("table")[0].text


def test_a_picture_holds_every_shape_and_only_ids_of_its_own() -> None:
    drawn = svg(figure(), "f7")
    assert "nan" not in drawn and drawn.count("<path") + drawn.count("<circle") + drawn.count("<rect") == 11
    assert set(re.findall(r'id="([^"]+)"', drawn)) == {"f7-title", "f7-desc", "f7-critical"}
    assert 'fill="url(#f7-critical)"' in drawn


def test_in_a_report_of_several_studios_each_is_below_the_whole() -> None:
    tree = told(
        Heading(1, "All"),
        Heading(2, "Glance"),
        Break(),
        Heading(1, "One"),
        Heading(2, "A"),
        Heading(3, "a"),
        Heading(1, "Two"),
        Heading(2, "B"),
    )
    heads = [(n.name, n.text) for n in tree.every() if re.fullmatch("h[1-6]", n.name)]
    assert heads == [
        ("h1", "All"),
        ("h2", "Glance"),
        ("h2", "One"),
        ("h3", "A"),
        ("h4", "a"),
        ("h2", "Two"),
        ("h3", "B"),
    ]
    assert [n.text for n in tree.every("nav")[0].every("li")] == ["Glance", "One", "Two"]


def test_of_a_very_long_table_no_row_is_lost() -> None:
    n = 2 * TOGETHER + 1
    rows = tuple((Cell(str(k)), Cell(f"row {k}")) for k in range(n))
    tables = told(Heading(1, "T"), Table(("No.", "What"), rows, (1, 9), frozenset({0}), True, "about")).every("table")
    assert [len(t.every("tbody")[0].every("tr")) for t in tables] == [TOGETHER, TOGETHER, 1]
    assert tables[-1].every("caption")[0].text == f"about ({n}–{n})"


def test_many_findings_are_cut_with_the_total_and_listed_when_asked(tmp_path: Path) -> None:
    loads = "".join(f"B{n},load,2026-10-02T09:00,,pass\n" for n in range(300))
    found = sample(tmp_path, loads=loads, contents=contents_rule())
    said = read(report(found)).every("main")[0].text
    assert "The first 200 of 300" in said and "Load B299 has no contents." not in said
    every = read(report(found, Telling(all_findings=True))).every("main")[0].text
    assert all(f"Load B{n} has no contents." in every for n in range(300))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_on_their_ground(scheme: str) -> None:
    style = told(Heading(1, "T")).every("style")[0].text
    light, dark = re.findall(r":root \{\s*(--paper.*?|color-scheme: light dark;\s*--paper.*?)\}", style, re.DOTALL)
    colours = dict(re.findall(r"--([a-z]+): (#[0-9a-f]+)", light if scheme == "light" else dark))
    for ground in ("paper", "tint"):
        for word in ("ink", "muted", "accent", "critical", "major", "minor", "advice", "good", "open"):
            assert contrast(colours[word], colours[ground]) >= 4.5, (scheme, word, ground)
        assert contrast(colours["focus"], colours[ground]) >= 3


def contrast(one: str, other: str) -> float:
    """The contrast of two colours by WCAG 2.2, from 1 to 21."""
    a, b = sorted(map(luminance, (one, other)))
    return (b + 0.05) / (a + 0.05)


def luminance(colour: str) -> float:
    code = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    parts = [int(code[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
