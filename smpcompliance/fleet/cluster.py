"""Buckets on Dask distributed: a cluster that is there, or one of this machine for the time of a run.

Importing this module loads Dask; only a run with workers should do so.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack

import pyarrow as pa
from distributed import Client, LocalCluster, as_completed

from smpcompliance.fleet.bucket import Question, audit_bucket
from smpcompliance.fleet.dataset import Dataset
from smpcompliance.logs.intake.places.refused import NothingToRead

RETRIES = 2
"""How often a bucket that broke is tried again; a worker that dies costs no try."""

_PATIENCE = "30s"  # for a scheduler to answer


def answers(
    dataset: Dataset, buckets: Sequence[int], question: Question, workers: int, scheduler: str | None, memory: str
) -> Iterator[tuple[int, bytes | str]]:
    """The part of each bucket as it comes, or why it was not audited.

    The workers read the dataset themselves: those of other machines need it under the same path.

    Raises:
        NothingToRead: there is no scheduler at this address.
    """
    with ExitStack() as stack:
        if scheduler is None:
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
        futures = client.map(_alone, [dataset] * len(buckets), buckets, question=question, pure=False, retries=RETRIES)
        number = dict(zip(futures, buckets, strict=True))
        for future in as_completed(futures, loop=client.loop):  # type: ignore[no-untyped-call]
            try:
                yield number[future], future.result()
            except (Exception, CancelledError) as error:  # a bucket that breaks must be shown, whatever broke in it
                yield number[future], _said(error)
            future.release()


def _alone(dataset: Dataset, bucket: int, question: Question) -> bytes:
    """`audit_bucket` by one thread: threads within workers only fight for the processors."""
    pa.set_cpu_count(1)
    return audit_bucket(dataset, bucket, question)


def _said(error: BaseException) -> str:
    """A bucket that kills its workers again and again is told in our own words; Dask names addresses and tasks."""
    if type(error).__name__ == "KilledWorker":
        return "each worker that began it died; it may need more memory than a worker has"
    return f"{type(error).__name__}: {error}"
