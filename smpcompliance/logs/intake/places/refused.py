"""What lies among a studio's files and is not read: its name as it can be shown, and the reason."""

import os
from dataclasses import dataclass
from unicodedata import normalize

ARCHIVE = "a ZIP archive; the files in it are listed by themselves"
LONGEST_SHOWN = 1000
"""Characters of a path that are shown."""


class NothingToRead(Exception):
    """A path leads nowhere, or to nothing that a log could be."""


@dataclass(frozen=True)
class Refused:
    """Something that is not read.

    Attributes:
        name: path inside the studio's folder, with forward slashes, as `shown` writes it.
        reason: why, and what to do.
        sha256: of its bytes; empty where they were not read.
    """

    name: str
    reason: str
    sha256: str = ""


def shown(name: str) -> str:
    """A path with nothing hidden in it.

    Bytes that are no letters (a name that is not UTF-8) and control characters are written as `\\xe9`; letters made of
    several characters, as macOS writes them, become one. A name that is too long to show is cut.
    """
    text = normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
