"""The signatures of a report: who, when, and whether the file is still what was signed."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Literal

from asn1crypto import x509 as asn1_x509  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from smpcompliance.report.sealed.line import Line, Mark, line
from smpcompliance.report.signing import FIELDS
from smpcompliance.report.signing.keys import holder_of
from smpcompliance.report.words import Words

Covers = Literal["whole", "extended", "changed"]


@dataclass(frozen=True)
class Signature:
    """One signature.

    Attributes:
        field: its name in the file.
        holder: whose the certificate says it is.
        fingerprint: SHA-256 of the certificate.
        claimed: when, as the signatory says; None where it does not say.
        stamped: when, as a time stamp says that is sound; None without.
        is_intact: what was signed is as it was, and it was signed with the key of that certificate.
        covers: `whole` the file ends with it; `extended` only a later signature was added; `changed` something else.
        is_trusted: the certificate is, or comes from, one of those that the reader trusts; None where none was named.
        is_stamp_trusted: the same for the time stamp's.
        reason: as written by the signatory.
        holds: whether the certificate holds at the moment that is claimed.
    """

    field: str
    holder: str
    fingerprint: str
    claimed: datetime | None
    stamped: datetime | None
    is_intact: bool
    covers: Covers
    is_trusted: bool | None
    is_stamp_trusted: bool | None = None
    reason: str = ""
    holds: bool = True


class NotReadable(Exception):
    """There is a signature that cannot be read."""


def signatures(data: bytes, trust: Sequence[x509.Certificate] = ()) -> list[Signature]:
    """The signatures of a PDF, the first one first. Nothing is fetched from anywhere.

    A certificate is judged on the day that its signature claims: without a time stamp nobody knows a better one.

    Args:
        data: the file.
        trust: certificates that the reader knows another way.

    Raises:
        NotReadable: the signatures, or the file, cannot be read.
    """
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL + 1)
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL + 1)
    roots = [asn1_x509.Certificate.load(each.public_bytes(Encoding.DER)) for each in trust]
    try:
        return [_signature(found, roots) for found in PdfFileReader(BytesIO(data)).embedded_regular_signatures]
    except Exception as error:  # whatever a hostile file makes a parser do
        raise NotReadable(type(error).__name__) from None


def _signature(found: Any, roots: Iterable[asn1_x509.Certificate]) -> Signature:
    claimed = found.self_reported_timestamp
    status = validate_pdf_signature(
        found,
        _context(roots, claimed),
        _context(roots, None),
        key_usage_settings=KeyUsageConstraints({"non_repudiation", "digital_signature"}, match_all_key_usages=False),
    )
    stamp = status.timestamp_validity
    is_sound = stamp is not None and stamp.intact and stamp.valid
    certificate = x509.load_der_x509_certificate(found.signer_cert.dump())
    return Signature(
        str(found.field_name),
        holder_of(certificate),
        certificate.fingerprint(hashes.SHA256()).hex(),
        claimed,
        stamp.timestamp if stamp is not None and is_sound else None,
        status.intact and status.valid,
        _covers(status),
        status.trusted if roots else None,
        stamp.trusted if roots and stamp is not None and is_sound else None,
        str(found.sig_object.get("/Reason", "")),
        claimed is None or certificate.not_valid_before_utc <= claimed <= certificate.not_valid_after_utc,
    )


def _context(roots: Iterable[asn1_x509.Certificate], moment: datetime | None) -> ValidationContext:
    return ValidationContext(
        trust_roots=list(roots), allow_fetching=False, revocation_mode="soft-fail", moment=moment,
        best_signature_time=moment,
    )  # fmt: skip


def _covers(status: Any) -> Covers:
    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return "whole"
    allowed = status.modification_level in (
        ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING
    )  # fmt: skip
    is_revision = status.coverage == SignatureCoverageLevel.ENTIRE_REVISION
    return "extended" if is_revision and allowed and status.docmdp_ok else "changed"


def said(found: Sequence[Signature], has_more: bool, is_asked: bool, words: Words) -> Iterator[Line]:
    """What the signatures of a report say.

    Args:
        found: the signatures.
        has_more: the file goes on behind the report as it was written.
        is_asked: the reader named a certificate to hold them against.
    """
    if not found and not has_more and is_asked:
        yield line("signatures", "unproved", words("verify.signatures.none_to_trust"))
    elif not found and not has_more:
        yield line("signatures", "said", words("verify.signatures.none"))
    elif not found:
        yield line("signatures", "differs", words("verify.signatures.none_but_more"))
    nobody = not any(each.is_trusted for each in found)
    for each in found:
        yield from _said(each, nobody, words)
    if found and found[-1].covers != "whole":
        yield line("signatures", "differs", words("verify.signatures.after_last"))


def _said(each: Signature, nobody: bool, words: Words) -> Iterator[Line]:
    """The lines of one signature; `nobody`: none of them comes from a certificate that the reader trusts."""
    who = each.field.lower()
    field = words(f"verify.signatories.{who}") if who in FIELDS else each.field
    when = words("verify.signatures.claimed", when=_moment(each.claimed)) if each.claimed else None
    told = [
        words("verify.signatures.holder", holder=each.holder),
        words("verify.signatures.fingerprint", hash=each.fingerprint),
        when or words("verify.signatures.no_time"),
        *([words("verify.signatures.stamped", when=_moment(each.stamped))] if each.stamped else []),
        *([words("verify.signatures.reason", reason=each.reason)] if each.reason else []),
    ]
    state = each.covers if each.is_intact else "broken"
    is_good = each.is_intact and each.covers != "changed"
    yield line("signatures", "equal" if is_good else "differs", words(f"verify.signatures.{state}", field=field), told)
    if each.is_trusted is None:
        yield line("signatures", "said", words("verify.signatures.anybody", field=field))
    else:
        mark: Mark = "equal" if each.is_trusted else "differs" if nobody else "unproved"
        key = "trusted" if each.is_trusted else "not_trusted"
        yield line("signatures", mark, words(f"verify.signatures.{key}", field=field))
    if not each.holds:
        mark = "said" if each.is_trusted is None else "unproved"
        yield line("signatures", mark, words("verify.signatures.lapsed", field=field))
    if each.stamped and not each.is_stamp_trusted:
        yield line("signatures", "said", words("verify.signatures.stamp_by_anybody", field=field))


def _moment(when: datetime | None) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if when else ""
