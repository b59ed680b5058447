"""A PDF that somebody hands in, opened without trusting it: what is inside, and whether it is as it was sealed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import cast

import pikepdf
from pikepdf import Array, Dictionary, Object, Pdf, Stream
from pikepdf.settings import set_qpdf_limits

from smpcompliance.report.pdf.sealing import TooDeep, as_written, is_signature, pages_of, prints, tree_of, unpacked
from smpcompliance.report.pdf.theme import TOP

LARGEST = 512 << 20  # bytes of a report
LARGEST_INSIDE = 512 << 20  # bytes of one stream in it, unpacked
_ALL_INSIDE = 1 << 30  # bytes of all attachments, unpacked
_MOST_ATTACHED = 100
LIMITS = {
    "flate_max_memory": LARGEST_INSIDE,
    "run_length_max_memory": LARGEST_INSIDE,
    "png_max_memory": 64 << 20,
    "tiff_max_memory": 64 << 20,
    "max_stream_filters": 2,
    "parser_max_nesting": 100,
    "doc_max_warnings": 100,
}
"""What qpdf may use for one file; a report needs a small part of it."""

_AUDIT = "audit.json"


class NotOpened(Exception):
    """A file that cannot be read as a report: the message is a key below `verify.not_opened` of the words."""


@dataclass(frozen=True)
class Opened:
    """A report as it lies before us.

    Attributes:
        attachments: the files inside, by name.
        pages: the hash of each page as it is seen.
        fields: the names of its signature fields, and whether each shows itself on a page.
        head: the part that is, to the byte, as it was written; None where there is none.
        more: how many bytes follow it.
        same_after: whether pages, tree and attachments of the whole file are those of the head, and signatures, where
            they are seen, hide nothing of them.
        printed: whether the pages print the hash of the audit.json inside; None where they print none.
    """

    attachments: dict[str, bytes]
    pages: tuple[str, ...]
    fields: tuple[tuple[str, bool], ...]
    head: bytes | None
    more: int
    same_after: bool
    printed: bool | None


def opened(data: bytes) -> Opened:
    """Opens a report.

    Raises:
        NotOpened: it is no PDF, is locked or damaged, or unpacks to more than any report holds.
    """
    if len(data) > LARGEST:
        raise NotOpened("large")
    if not data.startswith(b"%PDF-"):
        raise NotOpened("other")
    head = as_written(data)
    with _kindly(), Pdf.open(BytesIO(data), attempt_recovery=False) as pdf:
        inside, pages = _attachments(pdf), tuple(pages_of(pdf))
        same = head is not None and (len(head) == len(data) or _same(pdf, inside, pages, head))
        fields = tuple(_fields(pdf))
        return Opened(inside, pages, fields, head, len(data) - len(head or data), same, _printed(pdf, inside))


def same_tree(data: bytes, other: bytes) -> bool:
    """Whether two reports tell a screen reader the same."""
    with _kindly(), Pdf.open(BytesIO(data)) as one, Pdf.open(BytesIO(other)) as two:
        return tree_of(one) == tree_of(two)


def same_content(data: bytes, other: bytes) -> bool:
    """Whether two reports are the same but for how they are compressed."""
    with _kindly():
        return unpacked(data) == unpacked(other)


@contextmanager
def _kindly() -> Iterator[None]:
    before = set_qpdf_limits(**LIMITS)  # type: ignore[arg-type]
    try:
        yield
    except pikepdf.PasswordError:
        raise NotOpened("locked") from None
    except (TooDeep, MemoryError, RecursionError):
        raise NotOpened("large") from None
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError, OverflowError):
        raise NotOpened("damaged") from None
    finally:
        set_qpdf_limits(**before)  # type: ignore[arg-type]


def _hides_nothing(pdf: Pdf) -> bool:
    """Whether every signature that is seen is one, stands in the upper margin of the first page, and does nothing."""
    for number, sheet in enumerate(pdf.pages):
        for remark in sheet.obj.get("/Annots", []):
            if is_signature(remark):
                left, low, right, high = (float(n) for n in remark.Rect)
                margin = float(sheet.mediabox[3]) - TOP
                if "/A" in remark or "/AA" in remark:
                    return False
                is_seen = left != right and low != high
                if is_seen and (number or min(low, high) < margin or ("/V" not in remark and _draws(remark))):
                    return False
    return True


def _draws(remark: Object) -> bool:
    """Whether a field shows anything."""
    look = remark.get("/AP", Dictionary()).get("/N")
    return look is not None and not (isinstance(look, Stream) and not look.read_bytes().strip())


def _same(pdf: Pdf, inside: dict[str, bytes], pages: tuple[str, ...], head: bytes) -> bool:
    with Pdf.open(BytesIO(head)) as first:
        return (
            _hides_nothing(pdf)
            and _attachments(first) == inside
            and tuple(pages_of(first)) == pages
            and tree_of(first) == tree_of(pdf)
        )


def _printed(pdf: Pdf, inside: dict[str, bytes]) -> bool | None:
    return prints(pdf, _AUDIT, sha256(inside[_AUDIT]).hexdigest()) if _AUDIT in inside else None


def _attachments(pdf: Pdf) -> dict[str, bytes]:
    """The files inside; every one of them is where a viewer looks for it, and there is no other."""
    tree = pdf.Root.get("/Names", Dictionary()).get("/EmbeddedFiles", Dictionary())
    if "/Kids" in tree:
        raise ValueError("attached elsewhere")
    names = cast(Array, tree.get("/Names", Array()))
    found: dict[str, bytes] = {}
    for place in range(1, len(names), 2):
        file: Object = names[place]
        name = str(file.UF)
        if name in found or len(found) >= _MOST_ATTACHED:
            raise ValueError("attached twice")
        if {name} != {str(names[place - 1]), str(file.F)} or len({each.objgen for each in file.EF.values()}) != 1:
            raise ValueError("two files under one name")
        found[name] = file.EF.F.read_bytes()
        if sum(map(len, found.values())) > _ALL_INSIDE:
            raise TooDeep
    return found


def _fields(pdf: Pdf) -> Iterator[tuple[str, bool]]:
    for sheet in pdf.pages:
        for remark in sheet.obj.get("/Annots", []):
            if is_signature(remark):
                left, low, right, high = (float(n) for n in remark.Rect)
                yield str(remark.get("/T", "")), left != right and low != high
