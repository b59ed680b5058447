"""The report on paper: every mark in the tree, the same bytes twice, nothing that a cell may do to it."""

from importlib import resources
from pathlib import Path

import pytest
from law import contents_rule
from pdf_structure import check, elements, opened, page_of
from sample_audit import BAD, sample

from smpcompliance.report.content import content
from smpcompliance.report.page import Break, Cell, Heading, Table, Text
from smpcompliance.report.pdf import pdf, report
from smpcompliance.report.pdf.pages import fill
from smpcompliance.report.pdf.pieces import NewPage, Piece, Prose
from smpcompliance.report.pdf.theme import BODY, CELL, TEXTS
from smpcompliance.report.pdf.typeset import Line, drawable, lay, shown, width_of
from smpcompliance.report.words import load_words

HOSTILE = [
    "<b", "<img src='/etc/passwd'>", "<a href='javascript:x'>", "\x1b[2J", "\u202egnp.exe", "\U0001f389", "張偉",
    "\ud7ff", "&lt;", "x" * 3000, "שלום", "مرحبا", "a\u0301\u0323", "%s{message}", ") Tj ET (", "𝒜", "\ufffd", "\ufdd0",
]  # fmt: skip


def test_every_mark_on_every_page_belongs_to_the_tree(tmp_path: Path) -> None:
    check(report(sample(tmp_path)))


def test_a_table_over_many_pages_is_one_table_with_one_head() -> None:
    rows = tuple((Cell(str(n)), Cell(f"row {n}", ("small print",)), Cell("9")) for n in range(200))
    file = check(pdf(page_of(Heading(1, "T"), Table(("A", "B", "C"), rows, (1, 5, 1), frozenset({2}), True, "about"))))
    assert len(file.pages) > 5
    roles = [str(e.S) for e in elements(file.Root.StructTreeRoot)]
    assert roles.count("/Table") == 1
    assert roles.count("/TR") == 201
    assert roles.count("/TH") == 3 + 200
    scopes = {str(e.A.Scope) for e in elements(file.Root.StructTreeRoot) if e.S == "/TH"}
    assert scopes == {"/Column", "/Row"}


def test_a_paragraph_over_two_pages_is_one_element() -> None:
    texts = [Text("many words " * 170) for _ in range(6)]
    file = check(pdf(page_of(Heading(1, "T"), *texts)))
    assert len(file.pages) > 1
    assert [str(e.S) for e in elements(file.Root.StructTreeRoot)].count("/P") == 6


def test_the_file_claims_pdf_ua_and_pdf_a_and_says_title_language_and_reading_order(tmp_path: Path) -> None:
    file = opened(report(sample(tmp_path)))
    packet = file.Root.Metadata.read_bytes().decode()
    for claim in ("<pdfuaid:part>1<", "<pdfaid:part>3<", "<pdfaid:conformance>A<", "Compliance audit: Fade &amp; Dot"):
        assert claim in packet
    assert file.Root.MarkInfo.Marked and file.Root.ViewerPreferences.DisplayDocTitle
    assert str(file.Root.Lang) == "en"
    assert all(sheet.obj.Tabs == "/S" for sheet in file.pages)
    assert file.Root.OutputIntents[0].S == "/GTS_PDFA1"
    assert str(file.docinfo["/CreationDate"]) == "D:20261121000000Z"


def test_all_fonts_are_inside(tmp_path: Path) -> None:
    for sheet in opened(report(sample(tmp_path))).pages:
        for font in sheet.obj.Resources.Font.values():
            assert "/FontFile2" in font.FontDescriptor and "/ToUnicode" in font


def test_the_whole_audit_is_attached(tmp_path: Path) -> None:
    file = opened(report(sample(tmp_path)))
    attached = file.Root.AF[0]
    assert str(attached.UF) == "audit.json" and attached.AFRelationship == "/Source"
    assert b'"schema": "smpcompliance/audit/1"' in attached.EF.F.read_bytes()


def test_the_same_audit_gives_the_same_bytes(tmp_path: Path) -> None:
    found = sample(tmp_path)
    assert report(found) == report(found)


def test_the_bytes_do_not_follow_clock_or_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = sample(tmp_path)
    before = report(found)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert report(found) == before


@pytest.mark.parametrize(("paper", "size"), [("letter", (612, 792)), ("a4", (595, 842))])
def test_paper_is_what_the_page_says(paper: str, size: tuple[int, int]) -> None:
    file = opened(pdf(page_of(Text("x"), paper=paper)))
    box = [round(float(n)) for n in file.pages[0].mediabox]
    assert tuple(box[2:]) == size


def test_headings_become_bookmarks(tmp_path: Path) -> None:
    with opened(report(sample(tmp_path))).open_outline() as outline:
        titles = [entry.title for entry in outline.root]
        assert titles == ["Fade & Dot"]
        assert "Questions for the visit" in [child.title for child in outline.root[0].children]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text_wherever_it_stands(text: str) -> None:
    table = Table((text, "b"), ((Cell(text, (text, text)), Cell(text)),), (1, 1), named=True, about=text)
    data = pdf(page_of(Heading(1, text), Heading(2, text), Text(text, lead=text), table, title=text, running=text))
    file = check(data)
    assert not any("/Annots" in sheet.obj or "/XObject" in sheet.obj.get("/Resources", {}) for sheet in file.pages)


def test_hostile_cells_of_a_log_give_a_report(tmp_path: Path) -> None:
    loads = "".join(f'"{t.replace(chr(34), "")}{n}",load,2026-10-02T09:00,,pass\n' for n, t in enumerate(HOSTILE))
    check(report(sample(tmp_path, loads=loads)))


def test_what_cannot_be_drawn_is_written_by_its_number() -> None:
    assert drawable() >= set(map(chr, range(32, 127)))
    assert shown("Αθήνα Студия") == "Αθήνα Студия"
    assert shown("張\U0001f389") == "[U+5F35][U+1F389]"
    assert shown("א") == "[U+05D0]"


def test_every_mark_and_word_of_the_report_itself_can_be_drawn() -> None:
    words = (resources.files("smpcompliance.templates") / "report" / "en.yaml").read_text("utf-8")
    assert [line for line in words.splitlines() if shown(line) != line] == []


def test_fonts_come_with_their_licence() -> None:
    inside = {file.name for file in (resources.files("smpcompliance.report.pdf") / "fonts").iterdir()}
    assert inside == {"DejaVuSansCondensed.ttf", "DejaVuSansCondensed-Bold.ttf", "LICENSE-DejaVu", "sRGB2014.icc"}


def test_lines_fit_and_lose_nothing() -> None:
    text = "word " * 30 + "https://example.org/" + "path/" * 40 + " end"
    lines = lay([(text, CELL)], 120, limit=2000)
    assert all(line.width <= 120.001 for line in lines)
    assert "".join("".join(w for _, w in line.parts) for line in lines).replace(" ", "") == text.replace(" ", "")
    assert width_of("", TEXTS["body"]) == 0
    assert CELL.font == BODY


def test_words_at_the_end_of_a_line_stay_apart() -> None:
    data = pdf(page_of(Text("alpha beta gamma delta " * 20)))
    file = opened(data)
    drawn = file.pages[0].Contents.read_bytes()
    assert b"delta )" in drawn or b"gamma )" in drawn or b"beta )" in drawn or b"alpha )" in drawn


def test_a_heading_never_ends_a_page() -> None:
    story = [Piece(90.0), Piece(8.0, keep=True), Piece(30.0)]
    assert [len(placed) for placed in fill(story, 100)] == [1, 2]


@pytest.mark.parametrize(("lines", "room", "placed"), [(6, 5, [2, 1]), (6, 4, [2, 1]), (3, 2, [0, 2]), (6, 1, [0, 2])])
def test_a_heading_never_stands_without_the_beginning_of_what_follows(lines: int, room: int, placed: list[int]) -> None:
    style = TEXTS["body"]
    line = Line(((style, "words"),), 10.0)
    above, heading = Piece(200.0), Piece(20.0, keep=True)
    text = Prose(lines * style.leading, lines=(line,) * lines)
    pages = fill([above, heading, text], 220 + room * style.leading + 1)
    assert [len(page) - (above in [piece for piece, _ in page]) for page in pages] == placed


def test_what_keeps_together_but_fits_on_no_page_is_parted() -> None:
    story = [Piece(50.0, keep=True) for _ in range(6)]
    assert [len(placed) for placed in fill(story, 100)] == [2, 2, 2]


def test_a_short_table_stays_on_one_page() -> None:
    rows = tuple((Cell(str(n)), Cell("x")) for n in range(6))
    file = opened(pdf(page_of(*[Text("a line")] * 28, Table(("A", "B"), rows, (1, 5)))))
    assert len(file.pages) == 2
    assert b"(B)" not in file.pages[0].Contents.read_bytes()


def test_the_head_of_a_table_comes_again_on_each_page() -> None:
    head = Piece(10.0)
    story = [head, *(Piece(30.0, again=head) for _ in range(6))]
    assert [[p.height for p, _ in placed] for placed in fill(story, 100)] == [[10, 30, 30, 30], [10, 30, 30, 30]]


def test_a_break_begins_a_page_but_never_leaves_one_empty() -> None:
    assert len(fill([NewPage(0), Piece(1.0), NewPage(0), NewPage(0), Piece(1.0), NewPage(0)], 100)) == 2
    assert len(opened(pdf(page_of(Text("a"), Break(), Break(), Text("b")))).pages) == 2


def test_a_piece_taller_than_a_page_still_comes_out() -> None:
    assert len(fill([Piece(500.0), Piece(500.0)], 100)) == 2


def test_two_thousand_findings_are_listed_over_many_pages(tmp_path: Path) -> None:
    rules = {f"r{n}": contents_rule() for n in range(3)}
    found = sample(tmp_path, loads="".join(BAD.replace("B", f"B{n}") for n in range(260)), **rules)
    page = content(found, load_words())
    file = check(pdf(page, {"a.txt": b"x"}))
    assert len(file.pages) > 20
