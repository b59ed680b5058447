"""The drawn pages made into one file that is PDF/UA-1 and PDF/A-3a, with its tree, and the same bytes every time."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from io import BytesIO
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String
from pikepdf.settings import set_flate_compression_level

from smpcompliance.report.page import Page
from smpcompliance.report.pdf.canvas import TaggedCanvas
from smpcompliance.report.pdf.metadata import packet, pdf_date
from smpcompliance.report.pdf.sealing import pages_of
from smpcompliance.report.pdf.theme import colour_profile
from smpcompliance.report.pdf.tree import with_tree
from smpcompliance.report.pdf.typeset import shown

_KINDS = {
    "json": "application/json",
    "csv": "text/csv",
    "xml": "application/xml",
    "txt": "text/plain",
    "zip": "application/zip",
}
_LEVEL: Final = 3
"""How hard streams are compressed: half the time of zlib's usual 6, for an eighth more bytes."""
_RELATIONS = {"rulesets.zip": Name.Supplement, "seal.json": Name.Data}
"""What a file inside is to the pages; any other is the source that they were drawn from."""


def finish(
    canvas: TaggedCanvas,
    page: Page,
    attachments: Mapping[str, bytes],
    more: Callable[[list[str]], Mapping[str, bytes]] = lambda _: {},
) -> bytes:
    """Writes the tree, the metadata and the attachments into the drawn file.

    Args:
        canvas, page: what was drawn, and of what.
        attachments: file name → content.
        more: further attachments, made when the hash of each page is known.
    """
    with with_tree(canvas) as pdf:
        _describe(pdf, page)
        _colours(pdf)
        if attachments:
            attachments = {**attachments, **more(pages_of(pdf))}
            _attach(pdf, attachments, page.as_of, page.labels["attachment"])
        return _saved(pdf)


def _describe(pdf: Pdf, page: Page) -> None:
    title, tool = shown(page.title), f"smpcompliance {shown(page.version)}"
    pdf.Root.Lang = String(page.language)
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    pdf.Root.Metadata = pdf.make_stream(
        packet(title, page.language, page.as_of, tool), Type=Name.Metadata, Subtype=Name.XML
    )
    if "/Info" in pdf.trailer:
        del pdf.trailer.Info
    when = pdf_date(page.as_of)
    pdf.trailer.Info = pdf.make_indirect(
        Dictionary(Title=title, Creator=tool, Producer=tool, CreationDate=when, ModDate=when)
    )


def _colours(pdf: Pdf) -> None:
    profile = pdf.make_stream(colour_profile(), N=3, Alternate=Name.DeviceRGB)
    intent = Dictionary(
        Type=Name.OutputIntent, S=Name.GTS_PDFA1, OutputConditionIdentifier=String("sRGB IEC61966-2.1"),
        Info=String("sRGB IEC61966-2.1"), DestOutputProfile=profile,
    )  # fmt: skip
    pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])


def _attach(pdf: Pdf, attachments: Mapping[str, bytes], when: date, about: str) -> None:
    names, files = Array(), Array()
    for name, data in sorted(attachments.items()):
        kind = _KINDS.get(name.rpartition(".")[2].lower(), "application/octet-stream")
        md5 = hashlib.md5(data, usedforsecurity=False).digest()
        stamp = String(pdf_date(when))
        inside = pdf.make_stream(
            data, Type=Name.EmbeddedFile, Subtype=Name(f"/{kind}"),
            Params=Dictionary(Size=len(data), CreationDate=stamp, ModDate=stamp, CheckSum=String(md5)),
        )  # fmt: skip
        file = pdf.make_indirect(
            Dictionary(
                Type=Name.Filespec, F=String(name), UF=String(name), Desc=String(about),
                AFRelationship=_RELATIONS.get(name, Name.Source),
                EF=Dictionary(F=inside, UF=inside),
            )
        )  # fmt: skip
        names.append(String(name))
        names.append(file)
        files.append(file)
    pdf.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=names))
    pdf.Root.AF = files


def _saved(pdf: Pdf) -> bytes:
    set_flate_compression_level(_LEVEL)
    if "/ID" in pdf.trailer:
        del pdf.trailer.ID
    out = BytesIO()
    pdf.save(
        out, deterministic_id=True, recompress_flate=True, object_stream_mode=pikepdf.ObjectStreamMode.generate,
        min_version="1.7", linearize=False, fix_metadata_version=False,
    )  # fmt: skip
    return out.getvalue()
