"""Buckets on Dask distributed: a cluster that is there, or one of this machine for the time of a run.

Importing this module loads Dask; only a run with workers should do so.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack
from functools import partial

import dask
import pyarrow as pa
from dask.utils import parse_bytes
from distributed import Client, Future, KilledWorker, LocalCluster, as_completed

from smpcompliance.fleet.bucket import Question, audit_bucket
from smpcompliance.fleet.dataset import Dataset
from smpcompliance.garbage import seldom_collecting
from smpcompliance.logs.intake.places.refused import NothingToRead
from smpcompliance.memory import keep_memory

RETRIES = 2
"""How often a bucket that broke is tried again; a worker that dies costs no try."""

DEADLY = "each worker that began it died; it may need more memory than a worker has"
_PATIENCE = "30s"  # for a scheduler to answer
_LEAN = {
    "distributed.worker.profile.enabled": False,
    "distributed.nanny.pre-spawn-environ": {"OMP_NUM_THREADS": 1},
}
"""Workers of this machine: nobody looks at their profiles, and memory given back after each array is asked for again
at once (Dask's own `pre-spawn-environ` sets MALLOC_TRIM_THRESHOLD_: 4 s more of 45 over two million records)."""


def answers(
    dataset: Dataset, buckets: Sequence[int], question: Question, workers: int, scheduler: str | None, memory: str
) -> Iterator[tuple[int, bytes | str]]:
    """The part of each bucket as it comes, or why it was not audited.

    Where a worker dies, the buckets that wait there die with it; so those that were given up for that are tried once
    more, one at a time. The workers read the dataset themselves: those of other machines need it under the same path.

    Raises:
        NothingToRead: there is no scheduler at this address, or `memory` is no size.
    """
    with ExitStack() as stack:
        if scheduler is None:
            _check_size(memory)
            stack.enter_context(dask.config.set(_LEAN))
            local = LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address=None,
                memory_limit=memory,
                silence_logs=logging.CRITICAL,
            )
            scheduler = stack.enter_context(local).scheduler_address
        try:
            client = Client(scheduler, timeout=_PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
        except (OSError, ValueError) as error:
            raise NothingToRead(f"{scheduler}: there is no Dask scheduler ({type(error).__name__})") from None
        stack.enter_context(client)
        ask = partial(client.map, _alone, question=question, pure=False, retries=RETRIES)
        futures = ask([dataset] * len(buckets), buckets)
        number = dict(zip(futures, buckets, strict=True))
        deadly = []
        for future in as_completed(futures, loop=client.loop):  # type: ignore[no-untyped-call]
            bucket = number[future]
            answer = _answer(future)
            future.release()
            if answer is None:
                deadly.append(bucket)
            else:
                yield bucket, answer
        for bucket in sorted(deadly):
            (future,) = ask([dataset], [bucket])
            yield bucket, _answer(future) or DEADLY
            future.release()  # type: ignore[no-untyped-call]


def _check_size(memory: str) -> None:
    try:
        memory == "auto" or parse_bytes(memory)
    except ValueError:
        raise NothingToRead(f"{memory!r} is no size of memory; write one like 1GB, or auto") from None


def _answer(future: "Future[bytes]") -> bytes | str | None:
    """What came of a bucket; None where its workers died, which may be the work of another bucket beside it."""
    try:
        found: bytes = future.result()
        return found
    except KilledWorker:
        return None
    except (Exception, CancelledError) as error:  # a bucket that breaks must be shown, whatever broke in it
        return f"{type(error).__name__}: {error}"


def _alone(dataset: Dataset, bucket: int, question: Question) -> bytes:
    """`audit_bucket` by one thread: threads within workers only fight for the processors."""
    pa.set_cpu_count(1)
    keep_memory()
    with seldom_collecting():
        return audit_bucket(dataset, bucket, question)
