"""One table may feed several logs: its columns are dealt out, one table per log, each record with its own line."""

from dataclasses import replace

from smpcompliance.logs.intake.build import Source
from smpcompliance.logs.intake.meaning import STUDIO, Meaning


def feed(source: Source) -> tuple[Source, ...]:
    """The tables of each log that a table feeds, the table's own log first."""
    own = tuple(_own(meaning, source.log) for meaning in source.meanings)
    return (replace(source, meanings=own),)


def _own(meaning: Meaning, log: str) -> Meaning:
    return replace(meaning, targets=tuple(t for t in meaning.targets if t == STUDIO or (t.log == log and not t.word)))
