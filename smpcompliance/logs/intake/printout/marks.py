"""Whether a file may be a printout at all, told by the marks of all profiles without reading any profile."""

from functools import cache
from importlib import resources

from smpcompliance.patterns import pattern

LOOKED_AT = 1 << 20
"""Bytes from the beginning of a file in which the marks of a profile are looked for."""

_MARKS = pattern(r"(?m)^recognised_by: *\[(.*)\]$")
_MARK = pattern(r'"([^"]+)"')


def may_be_printout(data: bytes) -> bool:
    """Whether the first word of each mark of some shipped profile stands in a file; where not, none fits it."""
    sample = data[:LOOKED_AT]
    return sample[:2] in (b"\xff\xfe", b"\xfe\xff") or any(all(word in sample for word in words) for words in _words())


@cache
def _words() -> tuple[tuple[bytes, ...], ...]:
    """Per shipped profile the first words of its marks, as far as they are the same bytes in every encoding."""
    folder = resources.files("smpcompliance.logs") / "devices"
    texts = [file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".yaml")]
    return tuple(tuple(map(str.encode, filter(str.isascii, _first_words(text)))) for text in texts)


def _first_words(profile: str) -> list[str]:
    said = _MARKS.search(profile)
    return [mark.split()[0] for mark in _MARK.findall(said[1])] if said else []
