"""Reads the structure of a PDF back and compares it with what is drawn."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from io import BytesIO

import pikepdf

from smpcompliance.report.page import Block, Page

PAINTS = {"Tj", "TJ", "'", '"', "S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "sh", "Do", "INLINE IMAGE"}
PARENTS = {
    "/TR": {"/Table"}, "/TH": {"/TR"}, "/TD": {"/TR"}, "/LI": {"/L"}, "/Lbl": {"/LI"}, "/LBody": {"/LI"},
    **dict.fromkeys(("/H1", "/H2", "/H3", "/P", "/L", "/Table", "/Figure", "/Caption"), {"/Document"}),
}  # fmt: skip


def page_of(*blocks: Block, **how: object) -> Page:
    """A small report."""
    labels = {"page": "Page {page} of {pages}", "attachment": "all", "made": "made"}
    base = Page("Title", "Running", "a4", "en", date(2026, 11, 21), "1", blocks, labels)
    return replace(base, **how)  # type: ignore[arg-type]


def opened(data: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(data))


def elements(node: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """Every element of the tree, in order."""
    for kid in node.get("/K", []):
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            yield from elements(kid)


def content_of(element: pikepdf.Object) -> Iterator[tuple[tuple[int, int], int]]:
    """The marked content an element owns, as (page object, number)."""
    for kid in element.get("/K", []):
        if isinstance(kid, int):
            yield element.Pg.objgen, kid
        elif "/MCID" in kid:
            yield kid.Pg.objgen, int(kid.MCID)


def marks(sheet: pikepdf.Page) -> list[int]:
    """The numbers of a page's marked content, in order of drawing; fails where anything is painted outside of marks."""
    depth, numbers, kept = 0, [], 0
    for step in pikepdf.parse_content_stream(sheet):
        name = str(step.operator)
        if name == "BDC":
            assert depth == 0, "marked content nests"
            depth += 1
            if step.operands[0] != "/Artifact":
                numbers.append(int(step.operands[1].MCID))
        elif name == "EMC":
            assert kept == 0, "a clip or a colour leaks out of marked content"
            depth -= 1
        elif name in ("q", "Q"):
            kept += 1 if name == "q" else -1
        elif name in PAINTS:
            assert depth == 1, f"{name} paints outside of marked content"
    assert depth == kept == 0
    return numbers


def check(data: bytes) -> pikepdf.Pdf:
    """The tree and the pages agree: everything is marked, owned once, found again, and read in the order of drawing."""
    file = opened(data)
    root = file.Root.StructTreeRoot
    owners = {place: element.objgen for element in elements(root) for place in content_of(element)}
    owned = [place for element in elements(root) for place in content_of(element)]
    assert len(owned) == len(set(owned)), "a piece of content has two owners"
    numbers = list(root.ParentTree.Nums)
    tree = dict(zip(map(int, numbers[::2]), numbers[1::2], strict=True))
    drawn = []
    for sheet in file.pages:
        found = marks(sheet)
        assert found == list(range(len(found)))
        parents = tree[int(sheet.obj.StructParents)]
        assert [p.objgen for p in parents] == [owners[sheet.obj.objgen, n] for n in found]
        drawn += [(sheet.obj.objgen, n) for n in found]
    assert drawn == owned, "the tree is not in the order of drawing"
    _sound(root)
    return file


def _sound(root: pikepdf.Object) -> None:
    """Every element stands where it may, headings skip no level, rows are of one length, figures say what they show."""
    level = 0
    for element in elements(root):
        role = str(element.S)
        assert role == "/Document" or str(element.P.S) in PARENTS[role], f"{role} below {element.P.S}"
        if role in ("/H1", "/H2", "/H3"):
            assert int(role[-1]) <= level + 1, f"{role} follows a heading of level {level}"
            level = int(role[-1])
        elif role == "/Table":
            assert len({len(list(row.K)) for row in element.K}) == 1, "rows of different lengths"
        elif role == "/Figure":
            assert str(element.Alt).strip() and len(list(element.A.BBox)) == 4
        elif role == "/TH":
            assert element.A.Scope in ("/Column", "/Row")
