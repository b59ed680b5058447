"""The tree of a drawn report written into its file: one object per element, and the way back from the page.

A report of a thousand pages has a hundred thousand elements. They are written as text behind the drawn file, as PDF
lets a file be updated, which takes a third of the time of making them one by one.
"""

from io import BytesIO
from itertools import accumulate, count
from struct import Struct

from pikepdf import Dictionary, Name, Pdf, String

from smpcompliance.report.pdf.canvas import TaggedCanvas
from smpcompliance.report.pdf.tags import Tag
from smpcompliance.report.pdf.typeset import shown

_IN_A_STREAM = 1000
_WHERE = Struct(">BIH")
"""A row of the table of objects: kind, stream or place, number in the stream."""
_LONGEST = 2000
"""Characters of a text that only a screen reader says."""


def with_tree(canvas: TaggedCanvas) -> Pdf:
    """The file of a canvas, opened, with what is drawn on its pages and its structure tree; whoever asks closes it."""
    drawn = canvas.finished()
    with Pdf.open(BytesIO(drawn)) as before:
        sheets = [sheet.obj.objgen[0] for sheet in before.pages]
        top, catalog = int(before.trailer.Size), before.Root.objgen[0]
    objects = _objects(canvas, sheets, top)
    pdf = Pdf.open(BytesIO(_updated(drawn, objects, top, catalog)))
    assert len(pdf.pages) == len(canvas.drawings)
    for n, sheet in enumerate(pdf.pages):
        sheet.obj.Contents = pdf.make_stream(canvas.drawings[n])
        canvas.drawings[n] = b""  # qpdf has its own copy now
        sheet.obj.StructParents = n
        sheet.obj.Tabs = Name.S
    pdf.Root.StructTreeRoot = pdf.get_object(top, 0)
    pdf.Root.MarkInfo = Dictionary(Marked=True)
    return pdf


def _objects(canvas: TaggedCanvas, sheets: list[int], top: int) -> list[bytes]:
    """Every object of the tree, numbered from `top`, the root; last, for each page, what its content belongs to."""
    numbers: dict[int, int] = {}
    order: list[tuple[Tag, int]] = []
    waiting = [(canvas.root, top)]
    while waiting:
        tag, above = waiting.pop()
        order.append((tag, above))
        number = numbers[id(tag)] = top + len(order)
        waiting.extend((kid, number) for kid in reversed(tag.kids) if isinstance(kid, Tag))
    elements = [_element(tag, above, numbers, sheets) for tag, above in order]
    pages = [f"[{' '.join(f'{numbers[id(tag)]} 0 R' for tag in owners)}]".encode() for owners in canvas.owners]
    first = top + 1 + len(elements)
    back = " ".join(f"{n} {first + n} 0 R" for n in range(len(pages)))
    root = (
        f"<</Type/StructTreeRoot/K[{numbers[id(canvas.root)]} 0 R]"
        f"/ParentTree<</Nums[{back}]>>/ParentTreeNextKey {len(pages)}>>"
    )
    return [root.encode(), *elements, *pages]


def _element(tag: Tag, above: int, numbers: dict[int, int], sheets: list[int]) -> bytes:
    first, kids = -1, []
    for kid in tag.kids:
        if isinstance(kid, Tag):
            kids.append(f"{numbers[id(kid)]} 0 R")
        else:
            sheet, number = kid
            first = sheet if first < 0 else first
            kids.append(f"{number}" if sheet == first else f"<</Type/MCR/Pg {sheets[sheet]} 0 R/MCID {number}>>")
    page = f"/Pg {sheets[first]} 0 R" if first >= 0 else ""
    more = _attributes(tag) if tag.scope or tag.numbering or tag.summary or tag.alt else b""
    own = f"<</Type/StructElem/S/{tag.role}/P {above} 0 R{page}/K[{' '.join(kids)}]"
    return own.encode() + more + b">>"


def _attributes(tag: Tag) -> bytes:
    if tag.scope:
        return f"/A<</O/Table/Scope/{tag.scope}>>".encode()
    if tag.numbering:
        return f"/A<</O/List/ListNumbering/{tag.numbering}>>".encode()
    if tag.box:
        box = " ".join(f"{n:.2f}" for n in tag.box)
        return f"/A<</O/Layout/Placement/Block/BBox[{box}]>>/Alt".encode() + _said(tag.alt)
    return b"/A<</O/Table/Summary" + _said(tag.summary) + b">>"


def _said(text: str) -> bytes:
    return String(shown(text, _LONGEST)).unparse()


def _updated(drawn: bytes, objects: list[bytes], first: int, catalog: int) -> bytes:
    """A file with further objects behind it, many to a stream, and a table of them (ISO 32000-1, 7.5.7 and 7.5.8)."""
    holder = first + len(objects)
    out, at = [drawn], len(drawn)
    table: list[int] = []
    for begin in range(0, len(objects), _IN_A_STREAM):
        part = objects[begin : begin + _IN_A_STREAM]
        places = accumulate((len(each) + 1 for each in part), initial=0)
        head = b" ".join(b"%d %d" % place for place in zip(count(first + begin), places)) + b"\n"
        stream = _stream(
            holder + len(table), b"/ObjStm/N %d/First %d" % (len(part), len(head)), head + b"\n".join(part)
        )
        table.append(at)
        out.append(stream)
        at += len(stream)
    rows = [_WHERE.pack(2, holder + n // _IN_A_STREAM, n % _IN_A_STREAM) for n in range(len(objects))]
    rows += [_WHERE.pack(1, place, 0) for place in (*table, at)]
    before = drawn[drawn.rindex(b"startxref") :].split()[1]
    said = b"/XRef/Size %d/Root %d 0 R/Prev %b/W[1 4 2]/Index[%d %d]"
    number = holder + len(table)
    out.append(_stream(number, said % (number + 1, catalog, before, first, len(rows)), b"".join(rows)))
    return b"".join((*out, b"startxref\n%d\n%%%%EOF\n" % at))


def _stream(number: int, said: bytes, data: bytes) -> bytes:
    return b"%d 0 obj\n<</Type%b/Length %d>>\nstream\n%b\nendstream\nendobj\n" % (number, said, len(data), data)
