"""Handing out buckets: to this process one after the other, or to the workers of a cluster; finished parts are kept."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from smpcompliance.fleet.bucket import Question, audit_bucket, is_part
from smpcompliance.fleet.dataset import Damaged, Dataset, folder_of
from smpcompliance.fleet.whole import made, write_whole
from smpcompliance.logs.intake.places.refused import NothingToRead
from smpcompliance.report.fleet.summary import NotAudited

PARTS = "parts"

Answer = tuple[int, bytes | str]
"""A bucket, and its part, or why it was not audited."""


@dataclass(frozen=True)
class Workers:
    """Who does the work.

    Attributes:
        local: processes on this machine; 0: this process, one bucket after the other.
        scheduler: the address of a cluster that is there, as `tcp://10.0.0.5:8786`; then `local` does not count.
        memory: the most that a local worker may take, as Dask writes it (`1GB`), or `auto`.
    """

    local: int = 0
    scheduler: str | None = None
    memory: str = "auto"


@dataclass(frozen=True)
class Driven:
    """What became of the buckets.

    Attributes:
        parts: the files of the parts, in the order of their buckets.
        not_audited: the buckets that gave none.
        kept: how many of the parts an earlier run had left.
        left_out: of exports that were not packed, a line for each file that is not used.
    """

    parts: tuple[Path, ...]
    not_audited: tuple[NotAudited, ...]
    kept: int
    left_out: tuple[str, ...] = ()


def drive(
    dataset: Dataset,
    question: Question,
    out: Path,
    workers: Workers,
    progress: Callable[[str], None] = lambda _: None,
) -> Driven:
    """Has every bucket of a dataset audited; a part that an earlier run left for the very same question is kept.

    Args:
        out: a folder; parts lie in `parts/` below it. Each is written when its bucket is done.
        progress: called with the name of each bucket that is done.

    Raises:
        NothingToRead: there is no cluster at the address, or Dask is not installed.
        NotWritten: nothing can be written into `out`.
    """
    made(out / PARTS)
    places = {n: place_of(out, n, question.key(dataset.sha256(n))) for n in dataset.filled}
    kept = [n for n, place in places.items() if is_part(place, n)]
    left = [n for n in places if n not in set(kept)]
    why: dict[int, str] = {}
    for n, answer in _answers(dataset, left, question, workers):
        if isinstance(answer, bytes):
            write_whole(places[n], answer)
        else:
            why[n] = answer
        progress(folder_of(n))
    return Driven(tuple(places[n] for n in places if n not in why), _not_audited(dataset, why), len(kept))


def place_of(out: Path, bucket: int, key: str) -> Path:
    """Where the part of a bucket is kept, for one question."""
    return out / PARTS / f"{folder_of(bucket)}-{key[:32]}.jsonl"


def _answers(dataset: Dataset, left: Sequence[int], question: Question, workers: Workers) -> Iterator[Answer]:
    if not left:
        return
    if workers.scheduler or workers.local:
        try:
            from smpcompliance.fleet.cluster import answers
        except ImportError:
            raise NothingToRead("workers need Dask distributed: pip install 'smpcompliance[fleet]'") from None
        yield from answers(dataset, left, question, workers.local, workers.scheduler, workers.memory)
        return
    for n in left:
        try:
            yield n, audit_bucket(dataset, n, question)
        except Exception as error:  # a bucket that breaks must be shown, whatever broke in it
            yield n, f"{type(error).__name__}: {error}"


def _not_audited(dataset: Dataset, why: Mapping[int, str]) -> tuple[NotAudited, ...]:
    return tuple(NotAudited(n, _ids(dataset, n), why[n]) for n in sorted(why))


def _ids(dataset: Dataset, bucket: int) -> tuple[str, ...]:
    """The studios of a bucket; none where even these cannot be read."""
    try:
        return tuple(studio.studio_id for studio in dataset.studios(bucket))
    except Damaged:
        return ()
