"""The texts of the rules inside a report: packed as one ZIP, and read back without touching the disc."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import IO, Any

from smpcompliance.patterns import pattern
from smpcompliance.rules.ruleset import Library, Ruleset

FILE = "rulesets.zip"
_AT = pattern(r"rulesets/([A-Za-z0-9][A-Za-z0-9._-]*)/((?:lists/)?[A-Za-z0-9][A-Za-z0-9._-]*)")
_LISTS = "lists/"
_MOST_FILES = 20_000
_LARGEST = 64 << 20  # bytes of all files together
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment a ZIP can name
Texts = Mapping[str, Mapping[str, bytes]]
"""The id of each ruleset → its files by name."""


class NoLaw(Exception):
    """These bytes are no archive of rulesets; the message says why, in English."""


def packed(rulesets: Iterable[Ruleset]) -> bytes:
    """The files of rulesets as one ZIP, `rulesets/<ID>/<file>`, the same bytes every time.

    Nothing is compressed: the PDF around it does that better, over all files at once.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for ruleset in sorted(rulesets, key=lambda r: r.id):
            for name, data in sorted(ruleset.files.items()):
                entry = zipfile.ZipInfo(f"rulesets/{ruleset.id}/{name}", _EPOCH)
                entry.create_system, entry.external_attr = 3, 0o100644 << 16
                archive.writestr(entry, data)
    return out.getvalue()


def unpacked(data: bytes) -> Texts:
    """The files of such a ZIP.

    Raises:
        NoLaw: it is no ZIP, holds something else than rulesets, or more than any law would.
    """
    found: dict[str, dict[str, bytes]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _LARGEST:
                raise NoLaw("it holds more than rules")
            for entry in entries:
                at = _AT.fullmatch(entry.filename)
                if at is None or at[2] in found.get(at[1], {}):
                    raise NoLaw("it holds something that is no rule, or the same rule twice")
                found.setdefault(at[1], {})[at[2]] = _whole(archive, entry)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        raise NoLaw(f"it is no readable ZIP archive ({type(error).__name__})") from None
    return found


def _whole(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as file:
        data = file.read(entry.file_size + 1)
    if len(data) != entry.file_size:
        raise NoLaw(f"{entry.filename} is not as long as it says")
    return data


def hash_of(files: Mapping[str, bytes]) -> str:
    """The hash of a ruleset as `Ruleset.sha256` has it: its own files by name, then its lists."""
    digest = hashlib.sha256()
    for name in sorted(files, key=lambda name: (name.startswith(_LISTS), name)):
        digest.update(f"{name.removeprefix(_LISTS)}\0".encode() + files[name])
    return digest.hexdigest()


def shelves(texts: Texts) -> Library:
    """The rulesets of a report as a library that rules can be loaded from."""
    return {id: Kept(id, tuple(sorted(texts[id].items()))) for id in sorted(texts)}


@dataclass(frozen=True)
class Kept(Traversable):
    """A file or folder that is only kept in memory.

    Attributes:
        content: of a file its bytes; of a folder the paths below it with their bytes.
    """

    called: str
    content: bytes | tuple[tuple[str, bytes], ...]

    @property
    def name(self) -> str:
        return self.called

    def iterdir(self) -> Iterator["Kept"]:
        assert not isinstance(self.content, bytes)
        return (self / name for name in dict.fromkeys(path.partition("/")[0] for path, _ in self.content))

    def is_dir(self) -> bool:
        return not isinstance(self.content, bytes) and bool(self.content)

    def is_file(self) -> bool:
        return isinstance(self.content, bytes)

    def joinpath(self, *descendants: Any) -> "Kept":
        found = self
        for name in descendants:
            found = found / str(name)
        return found

    def __truediv__(self, child: Any) -> "Kept":
        assert not isinstance(self.content, bytes)
        name, below = str(child), f"{child}/"
        whole = dict(self.content).get(name)
        return Kept(name, tuple((p.removeprefix(below), d) for p, d in self.content if p.startswith(below))
                    if whole is None else whole)  # fmt: skip

    def read_bytes(self) -> bytes:
        if not isinstance(self.content, bytes):
            raise FileNotFoundError(self.called)
        return self.content

    def read_text(self, encoding: str | None = None) -> str:
        return self.read_bytes().decode(encoding or "utf-8")

    def open(self, mode: str = "r", *_args: Any, encoding: str | None = None, **_more: Any) -> IO[Any]:
        return io.BytesIO(self.read_bytes()) if "b" in mode else io.StringIO(self.read_text(encoding))
