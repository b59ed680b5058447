"""The report on paper as its readers meet it: pictures, bookmarks, page breaks, papers, and a judge that is not ours."""

import hashlib
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pikepdf
import pytest
from pdf_structure import check, elements, opened, page_of
from sample_audit import sample

from smpcompliance.report import page
from smpcompliance.report.page import (
    PICTURE_WIDTH,
    Block,
    Break,
    Cell,
    Figure,
    Heading,
    Item,
    Items,
    Label,
    Table,
    Text,
)
from smpcompliance.report.pdf import pdf, report
from smpcompliance.report.pdf.pages import PAPERS

TONES = get_args(page.Tone)
LOOKS = ("filled", "tinted", "hatched", "outline")
SIGNS = ("circle", "ring", "cross", "triangle", "square", "diamond", "bar")
HOSTILE = (") Tj ET Q EMC (", "\\", "張偉 \U0001f389", "\u202eabc", "<b>", "Ελένη Студия Zoë")
CLASSPATH = os.environ.get("VERAPDF_CLASSPATH", "")


def every_shape(height: float) -> tuple[page.Shape, ...]:
    shapes: list[page.Shape] = []
    for n, tone in enumerate(TONES):
        y = 10 + n * (height - 20) / len(TONES)
        looks: Any = enumerate(LOOKS)
        signs: Any = enumerate(SIGNS)
        shapes += [page.Rect(60 + k * 50, y, 40, 10, tone, look) for k, look in looks]
        shapes += [page.Mark(280 + k * 16, y + 4, sign, tone) for k, sign in signs]
        shapes.append(page.Line(400, y, 478, y + 9, tone, 0.6, n % 2 == 0))
        shapes.append(Label(0, y + 7, tone, tone=tone, strong=n % 2 == 0))
    ends: Any = (("start", 0), ("middle", 240), ("end", PICTURE_WIDTH))
    return (*shapes, *(Label(x, height - 2, "end", anchor) for anchor, x in ends))


def figure(
    height: float = 150.0, title: str = "Loads by month", shapes: tuple[page.Shape, ...] | None = None
) -> Figure:
    table = Table(
        ("Month", "Loads"), ((Cell("May"), Cell("26")), (Cell("June"), Cell("31"))), (2, 1), frozenset({1}), True
    )
    alt = "26 loads in May and 31 in June."
    return Figure(title, alt, every_shape(height) if shapes is None else shapes, height, table)


def roles(file: pikepdf.Pdf) -> list[str]:
    return [str(element.S) for element in elements(file.Root.StructTreeRoot)]


def of_role(file: pikepdf.Pdf, role: str) -> list[pikepdf.Object]:
    return [element for element in elements(file.Root.StructTreeRoot) if str(element.S) == role]


def drawn(data: bytes) -> list[bytes]:
    """What is drawn on each page."""
    with opened(data) as file:
        return [sheet.Contents.read_bytes() for sheet in file.pages]


def points(sheet: pikepdf.Page) -> list[tuple[float, float]]:
    """Every point that the figure of a page is drawn through, and where its words begin."""
    found: list[tuple[float, float]] = []
    inside = False
    for step in pikepdf.parse_content_stream(sheet):
        name = str(step.operator)
        if name == "BDC":
            inside = str(step.operands[0]) == "/Figure"
        if inside and name in ("m", "l", "c", "re", "Tm"):
            numbers = [float(n) for n in step.operands]
            if name == "re":
                x, y, wide, high = numbers
                numbers = [x, y, x + wide, y + high]
            numbers = numbers[4:] if name == "Tm" else numbers
            found += list(zip(numbers[::2], numbers[1::2], strict=True))
    return found


def test_a_figure_has_a_caption_says_what_it_shows_and_is_followed_by_its_table() -> None:
    file = check(pdf(page_of(Heading(1, "T"), figure())))
    assert roles(file)[1:5] == ["/H1", "/Caption", "/Figure", "/Table"]
    assert str(of_role(file, "/Figure")[0].Alt) == "26 loads in May and 31 in June."


@pytest.mark.parametrize("paper", PAPERS)
def test_a_figure_is_drawn_within_the_box_that_its_element_names(paper: str) -> None:
    file = check(pdf(page_of(Heading(1, "T"), figure(), paper=paper)))
    left, bottom, right, top = (float(n) for n in of_role(file, "/Figure")[0].A.BBox)
    assert len(points(file.pages[0])) > 300
    assert all(left - 0.1 <= x <= right + 0.1 and bottom - 0.1 <= y <= top + 0.1 for x, y in points(file.pages[0]))
    width, _ = PAPERS[paper]
    assert left == pytest.approx(width - right, abs=3)


def test_every_kind_of_shape_leaves_something_on_the_paper() -> None:
    (empty,) = drawn(pdf(page_of(figure(shapes=()))))
    pages = {drawn(pdf(page_of(figure(shapes=(shape,)))))[0] for shape in every_shape(150)}
    assert len(pages) == len(every_shape(150))
    assert empty not in pages


def test_a_figure_is_never_split_nor_parted_from_its_title() -> None:
    for lines in range(20, 60, 3):
        file = check(pdf(page_of(Heading(1, "T"), *[Text("a line")] * lines, figure(200), Text("end"))))
        (caption,), (picture,) = of_role(file, "/Caption"), of_role(file, "/Figure")
        assert caption.Pg.objgen == picture.Pg.objgen
        assert float(picture.A.BBox[1]) > 60


def test_a_figure_higher_than_a_page_is_made_smaller() -> None:
    file = check(pdf(page_of(Heading(1, "T"), Text("before"), figure(3000))))
    box = [float(n) for n in of_role(file, "/Figure")[0].A.BBox]
    assert 500 < box[3] - box[1] < 780
    assert all(box[1] - 0.1 <= y <= box[3] + 0.1 for y in (y for _, y in points(file.pages[1])))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_a_figure_stays_text(text: str) -> None:
    label = figure(title=text, shapes=(Label(0, 10, text), Label(PICTURE_WIDTH, 20, text, "end", strong=True)))
    file = check(pdf(page_of(Heading(1, "T"), label)))
    assert not any("/Annots" in sheet.obj or "/XObject" in sheet.obj.get("/Resources", {}) for sheet in file.pages)


def test_a_label_with_signs_that_the_font_lacks_keeps_to_its_room() -> None:
    label = "張偉" * 6
    (sheet,) = drawn(pdf(page_of(figure(shapes=(Label(0, 10, label),)))))
    assert b"([U+5F35][U" in sheet
    assert b"[U+5F35][U+5049][U+5F35][U+5049]" not in sheet


def test_bookmarks_nest_as_the_headings_do() -> None:
    story: list[Block] = [
        Heading(1, "Studio A"), Heading(2, "Breaches"), Heading(3, "Rule 1"), Text("x"), Heading(3, "Rule 2"), Text("x"),
        Heading(2, "Files"), Text("x"), Break(), Heading(1, "Studio B"), Heading(2, "Breaches"), Text("x"),
    ]  # fmt: skip
    with opened(pdf(page_of(*story))).open_outline() as outline:
        told = [(a.title, [(b.title, [c.title for c in b.children]) for b in a.children]) for a in outline.root]
    assert told == [
        ("Studio A", [("Breaches", ["Rule 1", "Rule 2"]), ("Files", [])]),
        ("Studio B", [("Breaches", [])]),
    ]


def test_pages_are_counted_and_all_but_the_first_have_a_running_head() -> None:
    sheets = drawn(pdf(page_of(*[Text("word " * 90)] * 60)))
    assert len(sheets) > 3
    for number, sheet in enumerate(sheets, 1):
        assert f"(Page {number} of {len(sheets)})".encode() in sheet
        assert (b"(Running)" in sheet) == (number > 1)


def test_no_row_of_a_long_table_is_lost_and_its_head_is_on_every_page() -> None:
    rows = tuple((Cell(f"row {n};"), Cell("words " * (n % 40), ("fine " * (n % 7),))) for n in range(300))
    data = pdf(page_of(Heading(1, "T"), Table(("Name", "About"), rows, (1, 3))))
    check(data)
    sheets = drawn(data)
    assert all(b"(Name) Tj" in sheet for sheet in sheets)
    assert all(b"".join(sheets).count(f"(row {n};)".encode()) == 1 for n in range(300))


def test_a_cell_that_is_cut_says_so() -> None:
    cell = Cell("start", tuple(f"line {n}" for n in range(90)))
    (sheet,) = drawn(pdf(page_of(Table(("A",), ((cell,),), (1,)))))
    assert b"(line 40" in sheet and b"(line 80" not in sheet and b"([\\001])" in sheet


@pytest.mark.parametrize("lines", range(24, 44, 2))
def test_neither_a_heading_nor_the_head_of_a_table_ends_a_page(lines: int) -> None:
    rows = tuple((Cell(f"row {n}"), Cell("x")) for n in range(30))
    file = check(
        pdf(page_of(Heading(1, "T"), *[Text("a line")] * lines, Heading(2, "S"), Text("About."), Heading(3, "R"),
                    Text("law", "fine"), Text("all", "total"), Text("much " * 60, lead="Do."), Table(("A", "B"), rows, (1, 5))))
    )  # fmt: skip
    story = [e for e in elements(file.Root.StructTreeRoot) if e.S not in ("/Document", "/TH", "/TD") and "/Pg" in e]
    for one, following in pairwise(story):
        assert one.S not in ("/H1", "/H2", "/H3") or one.Pg.objgen == following.Pg.objgen
    heads = [cell.Pg.objgen for cell in of_role(file, "/TH")]
    assert heads[0] == next(cell.Pg.objgen for cell in of_role(file, "/TD"))


def test_a_page_is_not_left_half_empty_before_a_section() -> None:
    rows = tuple((Cell(str(n)), Cell("found " * 20)) for n in range(7))
    rule: list[Block] = [
        Heading(3, "Rule"), Text("s. 1", "fine", "Major"), Text("Breached", "total"), Text("act " * 20, lead="Do."),
        Table(("No.", "Found"), rows, (1, 9)), Text("more " * 60, lead="Not looked at."),
    ]  # fmt: skip
    file = check(pdf(page_of(Heading(1, "T"), *([Heading(2, "Breaches"), Text("Intro."), *rule, *rule] * 6))))
    lowest = [min(baselines(sheet)) for sheet in file.pages]
    assert max(lowest[:-1]) < PAPERS["a4"][1] / 2.5


@pytest.mark.parametrize("lines", range(24, 44, 4))
@pytest.mark.parametrize("role", ["note", "fine"])
def test_small_print_stays_below_its_table_and_not_above_the_next_picture(lines: int, role: page.Role) -> None:
    rows = tuple((Cell(f"row {n}"), Cell("x")) for n in range(12))
    before: list[Block] = [Heading(1, "T"), *[Text("a line")] * lines, Table(("A", "B"), rows, (1, 5))]
    file = check(pdf(page_of(*before, Text("not all are shown", role), figure(300))))
    note, table = of_role(file, "/P")[-1], of_role(file, "/Table")[0]
    assert note.Pg.objgen == table.K[12].K[0].Pg.objgen


def baselines(sheet: pikepdf.Page) -> list[float]:
    """How high each line of a page stands, its foot left out."""
    steps = [step for step in pikepdf.parse_content_stream(sheet) if str(step.operator) == "Tm"]
    return [float(step.operands[5]) for step in steps if float(step.operands[5]) > 60]


SCRIPT = """
import hashlib, sys
from pdf_structure import page_of
from test_pdf_quality import figure
from smpcompliance.report.page import Heading, Text
from smpcompliance.report.pdf import pdf
page = page_of(Heading(1, "Zoë Студия"), figure(), Text("words " * 900))
print(hashlib.sha256(pdf(page, {"b.txt": b"2", "a.json": b"1"})).hexdigest())
"""


def test_another_process_gives_the_same_bytes() -> None:
    told = set()
    for seed, zone in (("1", "Asia/Tokyo"), ("2", "America/Los_Angeles")):
        where = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(Path(__file__).parent)}
        run = subprocess.run([sys.executable, "-c", SCRIPT], env=where, capture_output=True, text=True, check=True)
        told.add(run.stdout.strip())
    page = page_of(Heading(1, "Zoë Студия"), figure(), Text("words " * 900))
    told.add(hashlib.sha256(pdf(page, {"b.txt": b"2", "a.json": b"1"})).hexdigest())
    assert len(told) == 1


@pytest.mark.skipif(not (CLASSPATH and shutil.which("java")), reason="VERAPDF_CLASSPATH or java is not there")
def test_verapdf_finds_nothing(tmp_path: Path) -> None:
    hostile = tuple(Label(0, 10 + 9 * n, text) for n, text in enumerate(HOSTILE))
    story: list[Block] = [
        Heading(1, HOSTILE[0]), *(Text(text, lead=text) for text in HOSTILE), figure(title=HOSTILE[2], shapes=hostile),
        Heading(2, "Boxes"), Items((Item("Title", "text", "fine"),), "box"), figure(3000),
        Table(HOSTILE[:2], tuple((Cell(t, (t,)), Cell(t)) for t in HOSTILE * 20), (1, 1), named=True, about=HOSTILE[3]),
    ]  # fmt: skip
    (tmp_path / "page.pdf").write_bytes(pdf(page_of(*story, title=HOSTILE[1]), {"a.json": b"{}"}))
    (tmp_path / "audit.pdf").write_bytes(report(sample(tmp_path)))
    judge = Path(__file__).with_name("JudgePdf.java")
    files = [tmp_path / "page.pdf", tmp_path / "audit.pdf"]
    run = subprocess.run(["java", "-cp", CLASSPATH, judge, *files], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
