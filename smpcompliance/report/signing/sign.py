"""Signing a report: PAdES, added to its end, so that the report itself stays as it was to the byte."""

# mypy: disallow-untyped-calls=False
import logging
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import keys as asn1_keys  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils import content, generic, layout
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps import HTTPTimeStamper, TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from smpcompliance.report.pdf.stamp import box
from smpcompliance.report.signing import FIELDS, SIGNATORIES, Signatory
from smpcompliance.report.signing.keys import Key

_DER = serialization.Encoding.DER
_PLAIN = layout.SimpleBoxLayoutRule(
    x_align=layout.AxisAlignment.ALIGN_MIN, y_align=layout.AxisAlignment.ALIGN_MIN, margins=layout.Margins.uniform(0)
)


class NotSigned(Exception):
    """The report was not signed; the message says why, in English."""


def signed(
    data: bytes,
    key: Key,
    when: datetime,
    *,
    signatory: Signatory = "studio",
    about: str = "",
    reason: str = "",
    look: bytes | None = None,
    timestamper: TimeStamper | None = None,
) -> bytes:
    """A report with one more signature; the given bytes are its beginning.

    The first signature adds the fields of both signatories, tagged: a later new field would be a change to the tree of
    the document and break the first signature.

    Args:
        data: the report, signed by the other or by nobody yet.
        when: the moment of signing, with its time zone, as the signatory claims it.
        about: what a screen reader says of the field; `{signatory}` stands for its name.
        reason: why it is signed, as the signature shows it.
        look: a page that the signature shows; None: it is not seen.
        timestamper: a third party that says when; None: nobody does.

    Raises:
        NotSigned: this signatory has signed already, or there is no box for what shall be seen.
    """
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL + 1)
    try:
        out = _Writer(BytesIO(data))
        _ready(out, signatory, about, look is not None)
        wanted = signers.PdfSignatureMetadata(
            field_name=FIELDS[signatory], md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES,
            reason=reason or None, name=key.holder,
        )  # fmt: skip
        style = None if look is None else StaticStampStyle(
            border_width=0, background=_Drawn(look), background_layout=_PLAIN, background_opacity=1.0
        )  # fmt: skip
        signer = _At(wanted, _signer(key), timestamper=timestamper, stamp_style=style)
        signer.when = when
        return bytes(signer.sign_pdf(out, existing_fields_only=True).getvalue())
    except TimestampRequestError as error:
        raise NotSigned(f"the time-stamp server gave no time stamp: {error}") from None
    except (PdfError, SigningError) as error:
        raise NotSigned(f"this PDF cannot be signed: {error}") from None


def stamper(url: str) -> TimeStamper:
    """A time-stamp server at an address (RFC 3161); it is asked when a report is signed."""
    return HTTPTimeStamper(url, timeout=30)


class _At(signers.PdfSigner):
    """Signs at a given moment instead of that of the machine."""

    when: datetime

    def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self.when
        return session


class _Writer(IncrementalPdfFileWriter):
    """Adds to a file and leaves what it says of itself: rewritten, its description would be no PDF/A any more."""

    def _update_meta(self) -> None:
        return


class _Drawn(content.PdfContent):
    """The first page of a PDF in memory."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        super().__init__()

    def render(self) -> bytes:
        assert self.writer is not None
        form = self.writer.import_page_as_xobject(PdfFileReader(BytesIO(self.data)))
        self.resources.xobject["/Drawn"] = form
        left, low, right, high = form.get_object()["/BBox"]
        self.box = layout.BoxConstraints(width=abs(right - left), height=abs(high - low))
        return b"/Drawn Do"


def _signer(key: Key) -> signers.SimpleSigner:
    private = key.private.private_bytes(_DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    known = SimpleCertificateStore()
    chain = [asn1_x509.Certificate.load(each.public_bytes(_DER)) for each in (key.certificate, *key.others)]
    known.register_multiple(chain)
    return signers.SimpleSigner(chain[0], asn1_keys.PrivateKeyInfo.load(private), known)


def _ready(out: IncrementalPdfFileWriter, signatory: Signatory, about: str, is_seen: bool) -> None:
    """Sees to it that there is a field to sign."""
    present = {name: ref.get_object() for name, _, ref in fields.enumerate_sig_fields(out)}
    if FIELDS[signatory] not in present:
        if present:
            raise NotSigned("the PDF has signature fields of another program; only unsigned reports can be signed")
        _add_fields(out, about, is_seen)
    elif "/V" in present[FIELDS[signatory]]:
        raise NotSigned(f"the {signatory} has signed this report already")
    elif is_seen and not _has_box(present[FIELDS[signatory]]):
        raise NotSigned("the first signature was made invisible, so this one cannot be visible; leave out --visible")


def _has_box(field: Any) -> bool:
    left, low, right, high = (float(n) for n in field["/Rect"])
    return left != right and low != high


def _add_fields(out: IncrementalPdfFileWriter, about: str, is_seen: bool) -> None:
    page = out.find_page_for_modification(0)[0].get_object()
    height = float(page["/MediaBox"][3])
    unseen = InvisSigSettings(set_print_flag=True, set_hidden_flag=False)
    for n, who in enumerate(SIGNATORIES):
        spec = SigFieldSpec(
            FIELDS[who], on_page=0, invis_sig_settings=unseen, readable_field_name=about.replace("{signatory}", who),
            box=tuple(round(side) for side in box(n, height)) if is_seen else None,  # type: ignore[arg-type]
        )  # fmt: skip
        fields.append_signature_field(out, spec)
    _tag(out, list(FIELDS.values()))


def _tag(out: IncrementalPdfFileWriter, names: Sequence[str]) -> None:
    """Gives the fields on the first page their place in the tree of the document, at its end."""
    page_ref = out.find_page_for_modification(0)[0]
    tree = out.root["/StructTreeRoot"]
    document_ref = tree["/K"].raw_get(0)
    document, numbers = document_ref.get_object(), tree["/ParentTree"]["/Nums"]
    number = int(tree["/ParentTreeNextKey"])
    for ref in page_ref.get_object()["/Annots"]:
        field = ref.get_object()
        if field.get("/T") not in names:
            continue
        shown = generic.DictionaryObject(
            {pdf_name("/Type"): pdf_name("/OBJR"), pdf_name("/Obj"): ref, pdf_name("/Pg"): page_ref}
        )
        element = generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/StructElem"),
                pdf_name("/S"): pdf_name("/Form"),
                pdf_name("/P"): document_ref,
                pdf_name("/Pg"): page_ref,
                pdf_name("/K"): shown,
            }
        )
        element_ref = out.add_object(element)
        document["/K"].append(element_ref)
        numbers.extend((generic.NumberObject(number), element_ref))
        field["/StructParent"] = generic.NumberObject(number)
        number += 1
        out.update_container(field)
    tree["/ParentTreeNextKey"] = generic.NumberObject(number)
    for changed in (document["/K"], document, numbers, tree["/ParentTree"], tree):
        out.update_container(changed)
