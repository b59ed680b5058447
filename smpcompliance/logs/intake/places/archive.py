"""A ZIP archive of logs: every file in it, or the reason why it is not read.

Nothing is written to the disc and nothing in the archive is believed: names and sizes are looked at before anything is
unpacked, no file may become larger than the archive says, and what would need a guess is refused by itself. Layout of
the format: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.
"""

import hashlib
import os
import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from stat import S_IFMT, S_ISDIR, S_ISLNK, S_ISREG
from unicodedata import normalize

from smpcompliance.logs.intake.places.refused import Refused, shown
from smpcompliance.logs.intake.raw import NotReadable, SourceFile
from smpcompliance.patterns import pattern

MOST_MEMBERS = 100_000
LARGEST_MEMBER = 1 << 30  # bytes of one file, unpacked
LARGEST_ARCHIVE = (1 << 31) - 1  # bytes of all files together, unpacked
UNSUSPICIOUS = 64 << 20  # bytes that no one calls a bomb, however well they were packed
MOST_TIMES = 200  # logs shrink to a fifth or a twentieth; a file of one letter shrinks to a thousandth
LONGEST_NAME = 1000  # bytes of a path

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_LOCATOR64, _END64 = b"PK\x06\x07", b"PK\x06\x06"
_LOCAL_HEAD = struct.Struct("<4s5H3L2H")
_CENTRAL_HEAD = struct.Struct("<4s6H3L5H2L")
_END_HEAD = struct.Struct("<4s4H2LH")
_LOCATOR64_HEAD = struct.Struct("<4sLQL")
_END64_HEAD = struct.Struct("<4sQ2H2L4Q")
_SMALL = 0xFFFFFFFF  # a number that stands in the ZIP64 part instead
_ENCRYPTED, _UTF8 = 0x1 | 0x40 | 0x2000, 0x800
_STORED, _DEFLATED = 0, 8
_METHODS = {1: "Shrink", 6: "Implode", 9: "Deflate64", 12: "BZIP2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd"}
_UNIX, _MACOS = 3, 19  # systems whose upper 16 bits of the attributes tell what kind of entry it is
_TOLD_BY = frozenset({b"[Content_Types].xml", b"mimetype"})  # what only documents (workbooks) have at their top
_DRIVE = pattern(r"[A-Za-z]:")
_ANEW = "Pack the folder anew as an ordinary ZIP."


@dataclass(frozen=True)
class Member:
    """One file of an archive.

    Attributes:
        name: path in the archive, with forward slashes.
        problem: why it is not read; empty where it can be.
        method: how it is packed.
        begin: offset of its packed bytes.
        packed: how many there are.
        size: how many bytes it says to hold.
        checksum: CRC-32 of those.
    """

    name: str
    problem: str = ""
    method: int = _STORED
    begin: int = 0
    packed: int = 0
    size: int = 0
    checksum: int = 0


@dataclass(frozen=True)
class Archive:
    """An archive that was looked into but not unpacked; `members` are in the order of their names, without folders."""

    file: str
    sha256: str
    members: tuple[Member, ...]
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class _Entry:
    """What the directory of the archive says of one entry."""

    name: bytes
    is_utf8: bool
    system: int
    attributes: int
    flags: int
    method: int
    checksum: int
    packed: int
    size: int
    offset: int


def is_archive(source: SourceFile) -> bool:
    """Whether a file is a ZIP archive of files by its first bytes."""
    return source.data.startswith((_LOCAL, _END)) and not is_workbook(source)


def is_workbook(source: SourceFile) -> bool:
    """Whether a file is a workbook or another document that is packed as a ZIP archive."""
    if not source.data.startswith(_LOCAL):
        return False
    try:
        return any(entry.name in _TOLD_BY for entry in _entries(source))
    except NotReadable:
        return False


def look_into(source: SourceFile) -> Archive:
    """What an archive holds; nothing is unpacked.

    Raises:
        NotReadable: it is no ZIP archive, is damaged or a part of one, or holds too many files.
    """
    if not source.data.startswith((_LOCAL, _END)):
        raise NotReadable(f"{source.name}: this is no ZIP archive (it does not begin like one). {_ANEW}")
    entries = list(_entries(source))
    behind, _ = _directory(source)
    spans = [_span(source.data, entry, behind) for entry in entries]
    overlapping = _overlapping(spans)
    members = [
        _member(entry, span, at in overlapping)
        for at, (entry, span) in enumerate(zip(entries, spans, strict=True))
        if not _is_folder(entry)
    ]
    members = _within_all_limits(_one_of_each_name(members), len(source.data))
    digest = hashlib.sha256(source.data).hexdigest()
    return Archive(source.name, digest, tuple(sorted(members, key=lambda member: member.name)), source.data)


def unpack(archive: Archive, member: Member, name: str) -> SourceFile | Refused:
    """The bytes of one member under a name of the caller's choice."""
    if member.problem:
        return Refused(shown(name), member.problem)
    packed = archive.data[member.begin : member.begin + member.packed]
    if member.method == _STORED:
        data, is_whole = packed, True
    else:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            data = inflater.decompress(packed, member.size + 1)
        except zlib.error:
            return Refused(shown(name), f"it is damaged: it cannot be unpacked. {_ANEW}")
        is_whole = inflater.eof and not inflater.unused_data
    if len(data) > member.size:
        return Refused(shown(name), f"it holds more than the {member.size:,} bytes that the archive says. {_ANEW}")
    if len(data) < member.size or not is_whole or zlib.crc32(data) != member.checksum:
        return Refused(shown(name), f"it is damaged: it is not what was packed (its checksum differs). {_ANEW}")
    return SourceFile(name, data)


def _entries(source: SourceFile) -> Iterator[_Entry]:
    """The directory of an archive, entry by entry."""
    data = source.data
    at, size = _directory(source)
    end = at + size
    number = 0
    while at < end:
        number += 1
        if number > MOST_MEMBERS:
            raise NotReadable(
                f"{source.name}: the archive holds more than {MOST_MEMBERS:,} files; split it, for instance by year"
            )
        if end - at < _CENTRAL_HEAD.size or not data.startswith(_CENTRAL, at):
            raise NotReadable(f"{source.name}: the archive is damaged (entry {number} of its list of files). {_ANEW}")
        (_, made_by, _, flags, method, _, _, checksum, packed, unpacked, name_length, more_length, note_length,
         _, _, attributes, offset) = _CENTRAL_HEAD.unpack_from(data, at)  # fmt: skip
        at += _CENTRAL_HEAD.size
        name, more = data[at : at + name_length], data[at + name_length : at + name_length + more_length]
        at += name_length + more_length + note_length
        unpacked, packed, offset = _large(more, unpacked, packed, offset)
        yield _Entry(
            name, bool(flags & _UTF8), made_by >> 8, attributes, flags, method, checksum, packed, unpacked, offset
        )
    if at != end:
        raise NotReadable(f"{source.name}: the archive is damaged (its list of files runs over its end). {_ANEW}")


def _directory(source: SourceFile) -> tuple[int, int]:
    """Where the list of files begins and how many bytes it has."""
    data = source.data
    at = data.rfind(_END, max(0, len(data) - _END_HEAD.size - 0xFFFF))
    if at < 0 or len(data) - at < _END_HEAD.size:
        raise NotReadable(
            f"{source.name}: the archive is damaged or was not copied to its end (its list of files is missing). "
            "Copy it again, or pack the folder anew."
        )
    _, disk, first_disk, _, _, size, offset, _ = _END_HEAD.unpack_from(data, at)
    if disk or first_disk:
        raise NotReadable(f"{source.name}: this is one part of an archive that was cut into several. {_ANEW}")
    behind = at
    locator = at - _LOCATOR64_HEAD.size
    if locator >= 0 and data.startswith(_LOCATOR64, locator):
        _, _, behind, _ = _LOCATOR64_HEAD.unpack_from(data, locator)
        if behind > locator - _END64_HEAD.size or not data.startswith(_END64, behind):
            raise NotReadable(f"{source.name}: the archive is damaged (its ZIP64 end record is missing). {_ANEW}")
        *_, size, offset = _END64_HEAD.unpack_from(data, behind)
    if offset + size > behind:
        raise NotReadable(f"{source.name}: the archive is damaged (its list of files lies beyond its end). {_ANEW}")
    return offset, size


def _large(more: bytes, *numbers: int) -> tuple[int, ...]:
    """Sizes and offset, taken from the ZIP64 part of an entry where they were too large for the entry itself."""
    if _SMALL not in numbers:
        return numbers
    at = 0
    while at + 4 <= len(more):
        kind, length = struct.unpack_from("<2H", more, at)
        part = more[at + 4 : at + 4 + length]
        if kind == 1:
            large = iter([int.from_bytes(part[i : i + 8], "little") for i in range(0, len(part) - 7, 8)])
            return tuple(next(large, number) if number == _SMALL else number for number in numbers)
        at += 4 + length
    return numbers


def _span(data: bytes, entry: _Entry, behind: int) -> tuple[int, int, int] | None:
    """Where an entry begins, where its packed bytes begin and end; None where it is not what the directory says.

    Args:
        behind: where the directory begins, behind all entries.
    """
    if not data.startswith(_LOCAL, entry.offset) or entry.offset + _LOCAL_HEAD.size > len(data):
        return None
    *_, name_length, more_length = _LOCAL_HEAD.unpack_from(data, entry.offset)
    named = entry.offset + _LOCAL_HEAD.size
    if data[named : named + name_length] != entry.name:
        return None
    begin = named + name_length + more_length
    end = begin + entry.packed
    return (entry.offset, begin, end) if end <= behind else None


def _overlapping(spans: list[tuple[int, int, int] | None]) -> set[int]:
    """The entries that share bytes with another one: how one packed file is made to count a thousand times."""
    order = sorted((span[0], span[2], at) for at, span in enumerate(spans) if span)
    out: set[int] = set()
    furthest, whose = 0, -1
    for begin, end, at in order:
        if begin < furthest:
            out |= {at, whose}
        if end > furthest:
            furthest, whose = end, at
    return out


def _is_folder(entry: _Entry) -> bool:
    return entry.name.endswith(b"/") or S_ISDIR(_mode(entry))


def _mode(entry: _Entry) -> int:
    """What kind of file a Unix-like system said the entry was; 0 where it said nothing."""
    return S_IFMT(entry.attributes >> 16) if entry.system in (_UNIX, _MACOS) else 0


def _member(entry: _Entry, span: tuple[int, int, int] | None, overlaps: bool) -> Member:
    name, problem = _name(entry)
    problem = problem or _unfit(entry, span, overlaps)
    if problem or span is None:
        return Member(name, problem)
    return Member(name, "", entry.method, span[1], entry.packed, entry.size, entry.checksum)


def _unfit(entry: _Entry, span: tuple[int, int, int] | None, overlaps: bool) -> str:
    if S_ISLNK(_mode(entry)):
        return "it is a link, not a file; pack the file that it leads to"
    if _mode(entry) and not S_ISREG(_mode(entry)):
        return "it is neither a file nor a folder"
    if entry.flags & _ENCRYPTED or entry.method == 99:
        return "it is protected by a password; pack it without one"
    if entry.method not in (_STORED, _DEFLATED):
        how = _METHODS.get(entry.method, f"method {entry.method}")
        return f"it is packed in a way that is not read ({how}). {_ANEW}"
    if span is None:
        return f"it is damaged: the archive says one thing at its end and another where the file lies. {_ANEW}"
    if overlaps:
        return f"it shares its bytes with another file of the archive, which no honest archive does. {_ANEW}"
    if entry.method == _STORED and entry.packed != entry.size:
        return f"it is damaged: it says to hold {entry.size:,} bytes, but {entry.packed:,} lie there. {_ANEW}"
    if entry.size > LARGEST_MEMBER:
        return f"it would hold {entry.size:,} bytes; at most {LARGEST_MEMBER:,} are read. Split it, e.g. by year"
    if entry.size > max(UNSUSPICIOUS, MOST_TIMES * entry.packed):
        return (
            f"{entry.packed:,} bytes would become {entry.size:,}, more than {MOST_TIMES} times as many: no log packs "
            "so well. If it is one, hand it in unpacked"
        )
    return ""


def _name(entry: _Entry) -> tuple[str, str]:
    """The name of an entry, and why it is not one that a file in a folder could have."""
    try:
        text = entry.name.decode("utf-8")  # macOS writes UTF-8 without saying so
    except UnicodeDecodeError:
        if entry.is_utf8:
            return shown(os.fsdecode(entry.name)), f"its name is not UTF-8, although the archive says so. {_ANEW}"
        text = entry.name.decode("cp437")
    text = normalize("NFC", text)
    return text, _odd_name(entry.name, text)


def _odd_name(written: bytes, name: str) -> str:
    if len(written) > LONGEST_NAME:
        return f"its name has {len(written):,} bytes; at most {LONGEST_NAME:,} are read"
    if any(ord(c) < 32 or ord(c) == 127 for c in name):
        return f"its name holds control characters. {_ANEW}"
    if "\\" in name:
        return f"its name holds a backslash, so that it cannot be told in which folder it lies. {_ANEW}"
    if name.startswith("/") or _DRIVE.match(name):
        return f"its name leads out of the archive (it begins at the root of a disc). {_ANEW}"
    if ".." in name.split("/"):
        return f"its name leads out of the archive ('..'). {_ANEW}"
    if not all(part not in ("", ".") for part in name.split("/")):
        return f"its name is no path ('//' or '/./'). {_ANEW}"
    return ""


def _one_of_each_name(members: list[Member]) -> list[Member]:
    """Refuses every file whose name another one has too; on most discs one would have overwritten the other."""
    counts = Counter(member.name.casefold() for member in members)
    return [
        member
        if counts[member.name.casefold()] == 1
        else Member(
            member.name,
            f"the archive holds {counts[member.name.casefold()]} files of this name (small and capital letters are the "
            f"same); which of them counts cannot be told. {_ANEW}",
        )
        for member in members
    ]


def _within_all_limits(members: list[Member], archive_size: int) -> list[Member]:
    """Refuses, in the order of the names, what would make the archive as a whole too large."""
    most = min(LARGEST_ARCHIVE, max(UNSUSPICIOUS, MOST_TIMES * archive_size))
    total = 0
    out = []
    for member in sorted(members, key=lambda member: member.name):
        total += member.size
        if total > most:
            text = f"with it the files of the archive would hold more than {most:,} bytes; hand them in unpacked"
            member = replace(Member(member.name), problem=member.problem or text)
            total = most
        out.append(member)
    return out
