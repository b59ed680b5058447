"""A key to sign with, and the certificate that says whose it is."""

from dataclasses import dataclass, field
from datetime import date, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

_SHORTEST_RSA = 2048  # bits
_DER, _PUBLIC = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


class NoKey(Exception):
    """A key or certificate that cannot be used; the message says why, in English."""


class NeedsPassphrase(Exception):
    """The key is locked and no passphrase was given."""


@dataclass(frozen=True)
class Key:
    """A private key with its certificate.

    Attributes:
        others: further certificates up to the one that everybody knows.
    """

    private: PrivateKey = field(repr=False)
    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...] = ()

    @property
    def holder(self) -> str:
        """The name in the certificate."""
        return holder_of(self.certificate)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def lapse(self, day: date) -> datetime | None:
        """The moment at which the certificate ended or begins, where it does not hold on a day."""
        first, last = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        return last if day > last.date() else first if day < first.date() else None


def holder_of(certificate: x509.Certificate) -> str:
    """Whose a certificate says it is: the common name, or the whole name where there is none."""
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def from_pem(key: bytes, certificate: bytes, passphrase: bytes | None) -> Key:
    """A key from PEM texts; the certificate's may hold those above it, too.

    Raises:
        NeedsPassphrase: the key is encrypted.
        NoKey: they cannot be read, do not fit each other, or the passphrase is wrong.
    """
    private: object
    try:
        private = serialization.load_pem_private_key(key, passphrase)
    except TypeError:
        if passphrase is None:
            raise NeedsPassphrase from None
        private = _unlocked(key)
    except ValueError:
        wrong = passphrase is not None and b"ENCRYPTED" in key
        raise NoKey("the passphrase is wrong" if wrong else "the key file holds no private key in PEM form") from None
    return _checked(private, certificates(certificate))


def _unlocked(key: bytes) -> object:
    """A key that needs no passphrase, though one was given."""
    try:
        return serialization.load_pem_private_key(key, None)
    except (TypeError, ValueError):
        raise NoKey("the key file holds no private key in PEM form") from None


def from_pkcs12(data: bytes, passphrase: bytes | None) -> Key:
    """A key from a PKCS#12 file (.p12, .pfx).

    Raises:
        NeedsPassphrase: the file is encrypted, or cannot be read without a passphrase.
        NoKey: it holds no key with a certificate, or the passphrase is wrong.
    """
    try:
        private, certificate, others = pkcs12.load_key_and_certificates(data, passphrase)
    except ValueError:
        if passphrase is None:
            raise NeedsPassphrase from None
        raise NoKey("the passphrase is wrong, or this is no PKCS#12 file") from None
    if certificate is None:
        raise NoKey("the file holds no certificate")
    return _checked(private, (certificate, *others))


def certificates(pem: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM text, the owner's first.

    Raises:
        NoKey: there is none, or one cannot be read.
    """
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except ValueError:
        raise NoKey("the certificate file holds no certificate in PEM form") from None


def _checked(private: object, chain: tuple[x509.Certificate, ...]) -> Key:
    if not isinstance(private, PrivateKey):
        raise NoKey("this kind of key cannot sign a PDF; use an RSA or elliptic-curve key")
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size < _SHORTEST_RSA:
        raise NoKey(f"an RSA key of {private.key_size} bits is too short to be believed; use {_SHORTEST_RSA} or more")
    own, *others = chain
    if private.public_key().public_bytes(_DER, _PUBLIC) != own.public_key().public_bytes(_DER, _PUBLIC):
        raise NoKey("the key does not belong to the certificate")
    return Key(private, own, tuple(others))
