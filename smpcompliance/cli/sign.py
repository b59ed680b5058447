"""`smpcompliance sign`: a report with the studio's or the inspector's signature."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from smpcompliance.cli.choices import SIGNATORIES, languages
from smpcompliance.cli.output import write_whole
from smpcompliance.cli.shared import fail, kindly, today
from smpcompliance.cli.verify import report_bytes, report_in

if TYPE_CHECKING:
    from smpcompliance.report.signing import Signatory
    from smpcompliance.report.signing.keys import Key
    from smpcompliance.report.words import Words

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(name="sign")
@click.argument("file", metavar="REPORT.pdf", type=_FILE)
@click.option("--key", type=_FILE, metavar="KEY.pem", help="Private key; with --cert.")
@click.option("--cert", type=_FILE, metavar="CERT.pem", help="Its certificate, and those above it if there are any.")
@click.option("--pkcs12", type=_FILE, metavar="FILE", help="Key and certificate in one file (.p12, .pfx).")
@click.option("--passphrase-env", metavar="NAME", help="The environment variable with the passphrase; default: ask.")
@click.option(
    "--as", "signatory", type=click.Choice(SIGNATORIES), default="studio", show_default=True, help="Who signs."
)
@click.option("--reason", default="", metavar="TEXT", help="Why; it stands in the signature.")
@click.option("--visible", is_flag=True, help="Show name, time and certificate above the first page, too.")
@click.option("--timestamp-url", metavar="URL", help="Ask this server (RFC 3161) when it is; nothing else goes online.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Default: REPORT-signed-studio.pdf.")
@kindly
def command(
    file: Path,
    key: Path | None,
    cert: Path | None,
    pkcs12: Path | None,
    passphrase_env: str | None,
    signatory: "Signatory",
    reason: str,
    visible: bool,
    timestamp_url: str | None,
    output: Path | None,
) -> None:
    """Sign a PDF report (PAdES). The report stays as it is to the byte; the signature is added behind it.

    A report takes two signatures, the studio's and the inspector's. If any of them shall be visible, the first must be.
    It stays PDF/A-3 and PDF/UA-1, visible or not.
    """
    from smpcompliance.report.untrusted import clean

    try:
        from smpcompliance.report.signing import keys, sign
    except ImportError:
        fail("signing needs pyHanko: pip install smpcompliance[sign]")
    if (pkcs12 is None) == (key is None) or (key is None) != (cert is None):
        fail("give --key and --cert, or --pkcs12")
    if output is None:
        output = file.with_name(f"{file.stem}-signed-{signatory}.pdf")
        if output.exists():
            fail(f"{clean(str(output))} is there already; say --output FILE")
    data = report_bytes(file)
    words = _words(file, data)
    try:
        own = _key(key, cert, pkcs12, passphrase_env)
        when = _now()
        _warn(own)
        signed = sign.signed(
            data, own, when, signatory=signatory, about=words("verify.stamp.field", signatory="{signatory}"),
            reason=reason, look=_look(own, signatory, when, reason, words) if visible else None,
            timestamper=sign.stamper(timestamp_url) if timestamp_url else None,
        )  # fmt: skip
    except (keys.NoKey, sign.NotSigned) as error:
        fail(clean(str(error), 500))
    write_whole(output, signed)
    click.echo(f"signed as {signatory} by {clean(own.holder)}: {clean(str(output))}", err=True)
    click.echo(f"SHA-256 of the certificate: {own.fingerprint}", err=True)


def _words(file: Path, data: bytes) -> "Words":
    """The words in which a report speaks; ends the program kindly where it is none, or not as it was made."""
    from smpcompliance.report.untrusted import clean
    from smpcompliance.report.words import load_words

    found, inside = report_in(file, data, load_words())
    if found.head is None or not found.same_after or inside.seal is None:
        fail(f"{clean(str(file))}: this report was changed since it was made; `smpcompliance verify` says how")
    language = str(inside.seal.body.told.get("language"))
    return load_words(language if language in languages() else "en")


def _key(key: Path | None, cert: Path | None, pkcs12: Path | None, variable: str | None) -> "Key":
    from smpcompliance.report.signing.keys import from_pem, from_pkcs12

    def load(passphrase: bytes | None) -> "Key":
        if pkcs12:
            return from_pkcs12(pkcs12.read_bytes(), passphrase)
        assert key and cert
        return from_pem(key.read_bytes(), cert.read_bytes(), passphrase)

    if variable is not None:
        if variable not in os.environ:
            fail(f"the environment variable {variable} is not set")
        return load(os.environ[variable].encode())
    return _asked(load)


def _asked(load: Callable[[bytes | None], "Key"]) -> "Key":
    """A key whose passphrase is asked for if it needs one."""
    from smpcompliance.report.signing.keys import NeedsPassphrase

    try:
        return load(None)
    except NeedsPassphrase:
        return load(click.prompt("Passphrase of the key", hide_input=True, err=True).encode())


def _now() -> datetime:
    """Now, or the moment that SOURCE_DATE_EPOCH names."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC).replace(microsecond=0)


def _warn(own: "Key") -> None:
    lapse = own.lapse(today())
    if lapse:
        verb = "ended" if lapse.date() < today() else "begins only"
        click.echo(f"warning: the certificate {verb} on {lapse.date().isoformat()}; others may refuse it", err=True)


def _look(own: "Key", signatory: "Signatory", when: datetime, reason: str, words: "Words") -> bytes:
    from smpcompliance.report.pdf.stamp import stamp

    who = words(f"verify.signatories.{signatory}")
    moment = when.strftime("%Y-%m-%d %H:%M UTC")
    second = words(f"verify.stamp.{'reason' if reason else 'when'}", signatory=who, when=moment, reason=reason)
    third = words("verify.stamp.certificate", hash=own.fingerprint)
    return stamp(words("verify.stamp.signed", holder=own.holder), (second, third))
