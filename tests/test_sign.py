"""`smpcompliance sign`, and what `verify` says of signatures."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from sealed_report import Case, made, opened, run, saved

pytest.importorskip("pyhanko")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from smpcompliance.report.signing.keys import from_pem
from smpcompliance.report.signing.sign import signed
from smpcompliance.report.signing.signatures import signatures

PEM = serialization.Encoding.PEM
WHEN = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Owner:
    """Somebody with a key: its files, and what they were made from."""

    key: Path
    cert: Path
    private: Any
    certificate: x509.Certificate

    @property
    def options(self) -> tuple[object, ...]:
        return ("--key", self.key, "--cert", self.cert)

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def owner(
    folder: Path, name: str = "Ink Studio", password: bytes | None = None, until: int = 2036, private: Any = None,
    for_time_stamps: bool = False,
) -> Owner:  # fmt: skip
    private = private or ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    building = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1))
        .not_valid_after(datetime(until, 1, 1))
    )
    if for_time_stamps:
        usage = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING])
        building = building.add_extension(usage, critical=True)
    certificate = building.sign(private, hashes.SHA256())
    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    folder.mkdir(exist_ok=True)
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    key.write_bytes(private.private_bytes(PEM, serialization.PrivateFormat.PKCS8, lock))
    cert.write_bytes(certificate.public_bytes(PEM))
    return Owner(key, cert, private, certificate)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return made(tmp_path)


@pytest.fixture
def studio(tmp_path: Path) -> Owner:
    return owner(tmp_path / "keys")


@pytest.fixture
def inspector(tmp_path: Path) -> Owner:
    return owner(tmp_path / "keys", "County Inspector")


def sign(case: Case, who: Owner, *words: object, pdf: Path | None = None, to: str = "signed.pdf") -> Path:
    out = case.pdf.with_name(to)
    found = run("sign", pdf or case.pdf, *who.options, "--output", out, *words)
    assert found.exit_code == 0, found.stderr
    return out


def told(case: Case, pdf: Path, *words: object) -> str:
    return case.verify(*words, pdf=pdf).stdout


def test_signing_adds_to_the_end_and_changes_nothing_before_it(case: Case, studio: Owner) -> None:
    before, after = case.pdf.read_bytes(), sign(case, studio).read_bytes()
    assert after.startswith(before) and len(after) > len(before)


def test_verify_says_who_and_when(case: Case, studio: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(WHEN.timestamp())))
    pdf = sign(case, studio, "--reason", "Handed in")
    found = case.verify(case.studio, pdf=pdf)
    assert found.exit_code == 0, found.stdout
    for words in ("Signed as the studio", "Ink Studio", "2026-11-20 09:30 UTC", "Handed in", studio.fingerprint):
        assert words in found.stdout
    assert "Anybody can make a certificate" in found.stdout
    assert case.marks(case.studio, pdf=pdf)["pages"] == {"equal"}


def test_trust_is_only_for_the_certificate_that_is_known(case: Case, studio: Owner, tmp_path: Path) -> None:
    pdf = sign(case, studio)
    assert case.verify("--trust", studio.cert, pdf=pdf).exit_code == 0
    same_name = owner(tmp_path / "others")
    found = case.verify("--trust", same_name.cert, pdf=pdf)
    assert found.exit_code == 1 and "none that you trust" in found.stdout


@pytest.mark.parametrize("look", [(), ("--visible",)])
def test_a_second_signature_keeps_the_first(case: Case, studio: Owner, inspector: Owner, look: tuple[str, ...]) -> None:
    first = sign(case, studio, *look)
    both = sign(case, inspector, "--as", "inspector", *look, pdf=first, to="both.pdf")
    assert both.read_bytes().startswith(first.read_bytes())
    found = case.verify(case.studio, "--trust", studio.cert, "--trust", inspector.cert, pdf=both)
    assert found.exit_code == 0, found.stdout
    assert "only another signature was added" in found.stdout and "County Inspector" in found.stdout
    assert case.verify("--trust", studio.cert, pdf=both).exit_code == 3


def test_the_inspector_may_sign_first(case: Case, studio: Owner, inspector: Owner) -> None:
    first = sign(case, inspector, "--as", "inspector")
    both = sign(case, studio, pdf=first, to="both.pdf")
    assert case.verify(pdf=both).exit_code == 0


def test_nobody_signs_twice_and_a_late_wish_to_be_seen_is_refused(case: Case, studio: Owner, inspector: Owner) -> None:
    pdf = sign(case, studio)
    again = run("sign", pdf, *studio.options, "--output", case.pdf.with_name("x.pdf"))
    assert again.exit_code == 2 and "signed this report already" in again.stderr
    late = run("sign", pdf, *inspector.options, "--as", "inspector", "--visible")
    assert late.exit_code == 2 and "leave out --visible" in late.stderr


def test_fields_stand_in_the_tree_and_have_a_name(case: Case, studio: Owner) -> None:
    with opened(sign(case, studio, "--visible").read_bytes()) as pdf:
        fields = {str(f.T): f for f in pdf.Root.AcroForm.Fields}
        assert set(fields) == {"Studio", "Inspector"}
        numbers = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
        owners = dict(zip(map(int, numbers[::2]), numbers[1::2], strict=True))
        for field in fields.values():
            element = owners[int(field.StructParent)]
            assert element.S == "/Form" and element.K.Obj.objgen == field.objgen
            assert "Signature of" in str(field.TU)
            assert int(field.F) & 0b111 == 0b100, "printed, and not hidden"
        assert int(pdf.Root.StructTreeRoot.ParentTreeNextKey) == max(owners) + 1
        assert pdf.Root.StructTreeRoot.K[0].K[-1].S == "/Form"


def test_a_visible_signature_embeds_its_fonts_and_says_who(case: Case, studio: Owner) -> None:
    with opened(sign(case, studio, "--visible").read_bytes()) as file:
        field = next(f for f in file.Root.AcroForm.Fields if f.T == "Studio")
        look = field.AP.N
        while "/XObject" in look.Resources and len(look.Resources.XObject):
            look = next(iter(dict(look.Resources.XObject).values()))
        drawn = look.read_bytes().decode("latin-1")
        assert "Signed: Ink Studio" in drawn and studio.fingerprint in drawn
        fonts = list(dict(look.Resources.Font).values())
        assert fonts and all("/FontFile2" in font.FontDescriptor and "/ToUnicode" in font for font in fonts)


def test_the_description_of_the_file_stays_as_it_was(case: Case, studio: Owner) -> None:
    with opened(case.pdf.read_bytes()) as before, opened(sign(case, studio).read_bytes()) as after:
        assert before.Root.Metadata.read_bytes() == after.Root.Metadata.read_bytes()
        assert str(before.docinfo.get("/ModDate")) == str(after.docinfo.get("/ModDate"))


def test_pdfsig_agrees(case: Case, studio: Owner, inspector: Owner) -> None:
    if not shutil.which("pdfsig"):
        pytest.skip("pdfsig is not installed")
    both = sign(case, inspector, "--as", "inspector", pdf=sign(case, studio), to="both.pdf")
    said = subprocess.run(["pdfsig", "-nocert", both], capture_output=True, text=True).stdout
    assert said.count("Signature is Valid") == 2


@pytest.mark.skipif(
    not (os.environ.get("VERAPDF_CLASSPATH") and shutil.which("java")), reason="VERAPDF_CLASSPATH or java is not there"
)
@pytest.mark.parametrize("look", [(), ("--visible",)])
def test_a_signed_report_is_still_pdf_a_and_pdf_ua(
    case: Case, studio: Owner, inspector: Owner, look: tuple[str, ...]
) -> None:
    first = sign(case, studio, "--reason", "Für Zoë", *look)
    both = sign(case, inspector, "--as", "inspector", *look, pdf=first, to="both.pdf")
    judge = Path(__file__).with_name("JudgePdf.java")
    words = ["java", "-cp", os.environ["VERAPDF_CLASSPATH"], judge, case.pdf, first, both]
    found = subprocess.run(words, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


# ── signed, then changed ────────────────────────────────────────────────────────────────────────────────────────────


def flip(data: bytes) -> bytes:
    at = data.rindex(b"Signature of") + 3
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def append(data: bytes) -> bytes:
    return data + b"\n% later\n"


def save_anew(data: bytes) -> bytes:
    with opened(data) as pdf:
        return saved(pdf)


def other_language(data: bytes) -> bytes:
    """An incremental update, well made, that changes what a screen reader reads."""
    from io import BytesIO

    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(BytesIO(data))
    writer.root["/Lang"] = generic.TextStringObject("xx")
    writer.update_root()
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("change", [flip, append, save_anew, other_language])
def test_a_change_after_signing_is_noticed(case: Case, studio: Owner, change: Callable[[bytes], bytes]) -> None:
    pdf = sign(case, studio)
    pdf.write_bytes(change(pdf.read_bytes()))
    assert case.verify("--trust", studio.cert, pdf=pdf).exit_code in (1, 2)


def test_a_signature_that_covers_the_verdict_is_noticed(
    case: Case, studio: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smpcompliance.report.signing.sign.box", lambda n, height: (50, 300 + n, 500, 700))
    pdf = sign(case, studio, "--visible")
    found = case.verify("--trust", studio.cert, pdf=pdf)
    assert found.exit_code == 1 and "change what is seen" in found.stdout


def test_a_signature_cut_off_leaves_the_report(case: Case, studio: Owner) -> None:
    pdf = sign(case, studio)
    pdf.write_bytes(pdf.read_bytes()[: case.pdf.stat().st_size])
    assert "Not signed" in told(case, pdf)
    pdf.write_bytes(pdf.read_bytes() + b"rest")
    assert case.verify(pdf=pdf).exit_code == 1


def test_a_changed_report_is_not_signed(case: Case, studio: Owner) -> None:
    with opened(case.pdf.read_bytes()) as pdf:
        case.pdf.write_bytes(saved(pdf))
    found = run("sign", case.pdf, *studio.options)
    assert found.exit_code == 2 and "was changed since it was made" in found.stderr


def test_what_is_no_report_is_not_signed(tmp_path: Path, studio: Owner) -> None:
    file = tmp_path / "letter.pdf"
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.save(file)
    assert run("sign", file, *studio.options).exit_code == 2


# ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_locked_key_asks_for_its_passphrase(case: Case, tmp_path: Path) -> None:
    who = owner(tmp_path / "keys", password=b"open sesame")
    assert run("sign", case.pdf, *who.options, input="open sesame\n").exit_code == 0
    wrong = run("sign", case.pdf, *who.options, "--output", tmp_path / "x.pdf", input="sesame\n")
    assert wrong.exit_code == 2 and "passphrase is wrong" in wrong.stderr


def test_a_passphrase_from_the_environment(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    who = owner(tmp_path / "keys", password=b"open sesame")
    missing = run("sign", case.pdf, *who.options, "--passphrase-env", "INK_KEY")
    assert missing.exit_code == 2 and "INK_KEY is not set" in missing.stderr
    monkeypatch.setenv("INK_KEY", "open sesame")
    assert run("sign", case.pdf, *who.options, "--passphrase-env", "INK_KEY").exit_code == 0
    assert "open sesame" not in json.dumps(os.listdir(case.pdf.parent))


def test_a_pkcs12_file(case: Case, studio: Owner, tmp_path: Path) -> None:
    file = tmp_path / "key.p12"
    lock = serialization.BestAvailableEncryption(b"pw")
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"ink", studio.private, studio.certificate, None, lock))
    wrong = run("sign", case.pdf, "--pkcs12", file, input="no\n")
    assert wrong.exit_code == 2 and "passphrase is wrong" in wrong.stderr
    assert run("sign", case.pdf, "--pkcs12", file, input="pw\n").exit_code == 0


def test_a_key_that_does_not_fit_or_is_none(case: Case, studio: Owner, inspector: Owner) -> None:
    found = run("sign", case.pdf, "--key", studio.key, "--cert", inspector.cert)
    assert found.exit_code == 2 and "does not belong to the certificate" in found.stderr
    assert run("sign", case.pdf, "--key", studio.cert, "--cert", studio.cert).exit_code == 2
    assert run("sign", case.pdf, "--key", studio.key, "--cert", studio.key).exit_code == 2
    assert run("sign", case.pdf, "--pkcs12", studio.key, input="x\n").exit_code == 2
    assert run("sign", case.pdf, "--key", studio.key).exit_code == 2
    assert run("sign", case.pdf).exit_code == 2
    assert run("verify", case.pdf, "--trust", studio.key).exit_code == 2


def test_a_short_key_is_refused_and_an_rsa_key_will_do(case: Case, tmp_path: Path) -> None:
    short = owner(tmp_path / "keys", "short", private=rsa.generate_private_key(65537, 1024))
    found = run("sign", case.pdf, *short.options)
    assert found.exit_code == 2 and "too short" in found.stderr
    sign(case, owner(tmp_path / "keys", "long", private=rsa.generate_private_key(65537, 2048)))


def test_a_certificate_that_has_ended_is_warned_of(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(WHEN.timestamp())))
    found = run("sign", case.pdf, *owner(tmp_path / "keys", until=2025).options)
    assert found.exit_code == 0 and "ended on 2025-01-01" in found.stderr


def test_the_output_has_a_name_of_its_own_and_overwrites_nothing(case: Case, studio: Owner) -> None:
    assert run("sign", case.pdf, *studio.options).exit_code == 0
    out = case.pdf.with_name("report-signed-studio.pdf")
    before = out.read_bytes()
    again = run("sign", case.pdf, *studio.options)
    assert again.exit_code == 2 and "is there already" in again.stderr
    assert out.read_bytes() == before


# ── time stamps ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_time_stamp_says_not_later_than(case: Case, studio: Owner, tmp_path: Path) -> None:
    from asn1crypto import keys as asn1_keys
    from asn1crypto import x509 as asn1_x509
    from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

    server = owner(tmp_path / "keys", "Clock", private=rsa.generate_private_key(65537, 2048), for_time_stamps=True)
    plain = server.private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    clock = DummyTimeStamper(
        asn1_x509.Certificate.load(server.certificate.public_bytes(serialization.Encoding.DER)),
        asn1_keys.PrivateKeyInfo.load(plain), fixed_dt=WHEN,
    )  # fmt: skip
    key = from_pem(studio.key.read_bytes(), studio.cert.read_bytes(), None)
    pdf = case.pdf.with_name("stamped.pdf")
    pdf.write_bytes(signed(case.pdf.read_bytes(), key, WHEN, timestamper=clock))
    found = signatures(pdf.read_bytes(), [studio.certificate])[0]
    assert (found.stamped, found.is_stamp_trusted, found.is_trusted) == (WHEN, False, True)
    both = signatures(pdf.read_bytes(), [studio.certificate, server.certificate])[0]
    assert (both.is_stamp_trusted, both.is_intact, both.covers) == (True, True, "whole")
    assert "not later than, by a time stamp: 2026-11-20 09:30 UTC" in told(case, pdf)


def test_a_server_that_does_not_answer_ends_kindly(case: Case, studio: Owner, tmp_path: Path) -> None:
    out = tmp_path / "x.pdf"
    found = run("sign", case.pdf, *studio.options, "--output", out, "--timestamp-url", "http://127.0.0.1:9/tsr")
    assert found.exit_code == 2 and "time-stamp server" in found.stderr
    assert not out.exists()


# ── without pyHanko ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_pyhanko_signatures_are_not_proved(case: Case, studio: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    pdf = sign(case, studio)
    for name in [n for n in sys.modules if n.startswith(("pyhanko", "smpcompliance.report.signing."))]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("signatures", "sign"):
        monkeypatch.delattr(f"smpcompliance.report.signing.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "pyhanko", None)
    found = case.verify(pdf=pdf)
    assert found.exit_code == 3 and "smpcompliance[sign]" in found.stdout
    assert case.verify().exit_code == 0
    refused = run("sign", case.pdf, *studio.options, "--output", pdf.with_name("x.pdf"))
    assert refused.exit_code == 2 and "smpcompliance[sign]" in refused.stderr
