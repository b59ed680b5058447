"""What of a PDF is hashed: its pages one by one, the tree behind them, and the file as it was written."""

import hashlib
import json
import re
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import cast

import pikepdf
import reportlab
from pikepdf import Array, Dictionary, Object, Pdf, Stream

from smpcompliance.patterns import pattern

_DEEPEST = 40
_PASSED_OVER = {"/Parent", "/P", "/Pg", "/StructParent", "/StructParents", "/Length", "/Filter", "/DecodeParms"}
_INHERITED = ("/MediaBox", "/CropBox", "/Rotate", "/Resources")
_PAGE = {*_INHERITED, "/Contents", "/Annots", "/Tabs"}
_ROOT = {"/Pages", "/StructTreeRoot", "/Outlines", "/AcroForm", "/Version", "/Extensions", "/Perms", "/DSS"}
_START = b"startxref\n"
_MARK = b"%smpcompliance sha256 "
_CLOSED = pattern(rb"%smpcompliance sha256 ([0-9a-f]{64})\nstartxref\n\d{1,10}\n%%EOF\n?")
_MOST_REVISIONS = 100
_LAST_PAGES = 3


class TooDeep(Exception):
    """Objects nest deeper than in any report."""


def made_with() -> dict[str, str]:
    """The versions of what draws and writes the pages; with the same ones the same audit gives the same bytes."""
    return {"reportlab": str(reportlab.Version), "pikepdf": pikepdf.__version__, "qpdf": pikepdf.__libqpdf_version__}


def pages_of(pdf: Pdf) -> list[str]:
    """The SHA-256 of each page: its measures, its drawing, and the fonts, pictures and remarks it shows.

    The fields of signatures are no part of it, nor how the streams are compressed.

    Raises:
        TooDeep: it is no page that this program drew.
        pikepdf.PdfError: a stream cannot be read.
    """
    known: dict[tuple[int, int], str] = {}
    said = partial(_said, known=known)
    return [_page(sheet.obj, said) for sheet in pdf.pages]


def _page(sheet: Object, said: "partial[str]") -> str:
    digest = hashlib.sha256()
    for name in _INHERITED:
        found, above = sheet.get(name), sheet.get("/Parent")
        for _ in range(_DEEPEST):
            if found is None and above is not None:
                found, above = above.get(name), above.get("/Parent")
        digest.update(f"{name} {'' if found is None else said(found)}\n".encode())
    contents = sheet.get("/Contents")
    for part in contents if isinstance(contents, Array) else [] if contents is None else [contents]:
        digest.update(part.read_bytes() + b"\n")
    for remark in sheet.get("/Annots", []):
        if not is_signature(remark):
            digest.update(said(remark).encode())
    return digest.hexdigest()


def is_signature(remark: Object) -> bool:
    """Whether something on a page is the field of a signature."""
    return bool(isinstance(remark, Dictionary) and remark.get("/Subtype") == "/Widget" and remark.get("/FT") == "/Sig")


def _said(thing: Object, known: dict[tuple[int, int], str], depth: int = 0) -> str:
    """An object in words that do not depend on its number in the file; a large one by its hash."""
    if depth > _DEEPEST:
        raise TooDeep
    place = thing.objgen if isinstance(thing, Object) else (0, 0)
    if place != (0, 0) and place in known:
        return known[place]
    if isinstance(thing, Stream):
        data = hashlib.sha256(thing.read_bytes()).hexdigest()
        text = f"stream {data} {_entries(thing.stream_dict, known, depth)}"
    elif isinstance(thing, Dictionary):
        text = _entries(thing, known, depth)
    elif isinstance(thing, Array):
        text = f"[{' '.join(_said(each, known, depth + 1) for each in thing)}]"
    else:
        return thing.unparse().decode("latin-1") if isinstance(thing, Object) else str(thing)
    if place != (0, 0):
        text = known[place] = hashlib.sha256(text.encode()).hexdigest()
    return text


def _entries(thing: Object, known: dict[tuple[int, int], str], depth: int) -> str:
    said = (f"{key} {_said(thing[key], known, depth + 1)}" for key in sorted(thing.keys()) if key not in _PASSED_OVER)
    return f"<<{' '.join(said)}>>"


def tree_of(pdf: Pdf) -> str:
    """The SHA-256 of what a screen reader is told, and of what opens, names, runs or is attached beside the pages.

    The elements of signatures are no part of it. It takes a second for a thousand pages.

    Raises:
        TooDeep: it is no tree that this program made.
    """
    digest = hashlib.sha256()
    known = {sheet.obj.objgen: f"page {n}" for n, sheet in enumerate(pdf.pages)}
    for line in (*_around(pdf, known), *_bookmarks(pdf, known), *_elements(pdf)):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def _around(pdf: Pdf, known: dict[tuple[int, int], str]) -> Iterator[str]:
    """What a viewer does with the file besides showing its pages: all but what a signature adds to."""
    form = pdf.Root.get("/AcroForm", Dictionary())
    places = [("root", pdf.Root, _ROOT), ("form", form, {"/Fields", "/SigFlags"})]
    places += [("tree", pdf.Root.get("/StructTreeRoot", Dictionary()), {"/K", "/ParentTree", "/ParentTreeNextKey"})]
    places += [("about", pdf.trailer.get("/Info", Dictionary()), set())]
    places += [(f"page {n}", sheet.obj, _PAGE) for n, sheet in enumerate(pdf.pages)]
    for place, entries, apart in places:
        for name in sorted(entries.keys()):
            if name not in apart and name not in _PASSED_OVER:
                yield f"{place} {name} {_said(entries[name], known)}"


def _bookmarks(pdf: Pdf, known: dict[tuple[int, int], str]) -> Iterator[str]:
    def told(first: Object, depth: int) -> Iterator[str]:
        seen, entry = 0, cast(Object | None, first)
        while entry is not None:
            seen += 1
            if depth > _DEEPEST or seen > 1_000_000:
                raise TooDeep
            does = (f"{name} {_said(entry[name], known)}" for name in ("/A", "/Dest") if name in entry)
            yield f"bookmark {depth} {json.dumps(str(entry.get('/Title', '')))} {' '.join(does)}"
            if "/First" in entry:
                yield from told(entry.First, depth + 1)
            entry = entry.get("/Next")

    first = pdf.Root.get("/Outlines", Dictionary()).get("/First")
    return told(first, 0) if first is not None else iter(())


def _elements(pdf: Pdf) -> Iterator[str]:
    numbers = {sheet.obj.objgen: n for n, sheet in enumerate(pdf.pages)}

    def page_of(thing: Object) -> int | None:
        return numbers.get(thing.Pg.objgen) if "/Pg" in thing else None

    def told(element: Object, depth: int) -> Iterator[str]:
        if depth > _DEEPEST:
            raise TooDeep
        if element.get("/S") == "/Form":
            return
        own = {k: str(element[k]) for k in ("/S", "/Alt", "/ActualText", "/E", "/Lang", "/T") if k in element}
        about = _said(element.A, {}) if "/A" in element else ""
        yield f"{depth} {json.dumps(own)} {about}"
        kids = element.get("/K", Array())
        for kid in kids if isinstance(kids, Array) else [kids]:
            if isinstance(kid, int):
                yield f"{depth} {page_of(element)} {kid}"
            elif isinstance(kid, Dictionary) and "/S" in kid:
                yield from told(kid, depth + 1)
            elif isinstance(kid, Dictionary):
                yield f"{depth} {page_of(kid)} {kid.get('/MCID')} {kid.get('/Type')}"

    root = pdf.Root.get("/StructTreeRoot")
    kids = root.get("/K", Array()) if root is not None else Array()
    for kid in kids if isinstance(kids, Array) else [kids]:
        yield from told(kid, 0)


def unpacked(data: bytes) -> bytes:
    """A report with nothing compressed: the same for the same content, whoever compressed it.

    Raises:
        pikepdf.PdfError: it cannot be read.
    """
    out = BytesIO()
    with Pdf.open(BytesIO(data)) as pdf:
        if "/ID" in pdf.trailer:
            del pdf.trailer["/ID"]
        pdf.save(
            out, static_id=True, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )  # fmt: skip
    return out.getvalue()


def closed(data: bytes) -> bytes:
    """A finished file with the hash of all that stands before it, as a remark above its last lines."""
    before, start, after = data.rpartition(_START)
    mark = _MARK + hashlib.sha256(before).hexdigest().encode() + b"\n"
    return before + mark + start + after


def as_written(data: bytes) -> bytes | None:
    """The part of a file that is, to the byte, as this program closed it; a signature only adds to its end.

    None where there is no such part.
    """
    for found, _ in zip(_CLOSED.finditer(data), range(_MOST_REVISIONS), strict=False):
        if hashlib.sha256(memoryview(data)[: found.start()]).hexdigest().encode() == found[1]:
            return data[: found.end()]
    return None


def prints(pdf: Pdf, file: str, hashed: str) -> bool | None:
    """Whether the last pages print the hash of a file inside; None where they print no hash of it."""
    drawn = b"".join(_letters(sheet) for sheet in list(pdf.pages)[-_LAST_PAGES:])
    if hashed.encode() in drawn:
        return True
    return False if re.search(re.escape(file).encode() + rb".{0,60}?[0-9a-f]{64}", drawn) else None


def _letters(sheet: pikepdf.Page) -> bytes:
    """What a page draws in letters of ASCII, without blanks; their codes in our fonts are those of ASCII."""
    drawn = (bytes(part.operands[0]) for part in pikepdf.parse_content_stream(sheet) if str(part.operator) == "Tj")
    return b"".join(drawn).replace(b" ", b"")
