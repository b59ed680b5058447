"""`smpcompliance fleet pack`: exports of many studios become a dataset in buckets."""

from collections.abc import Sequence
from pathlib import Path

import click

from smpcompliance.cli.output import outside
from smpcompliance.cli.progress import progress_bar
from smpcompliance.cli.reading import GIVEN, given
from smpcompliance.cli.shared import fail, kindly, no_progress_option

BUCKETS = 64
BUDGET = 500_000  # records of a bucket that fit into a worker of 1 GB


@click.command(name="pack")
@click.argument("paths", nargs=-1, required=True, type=GIVEN)
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the dataset, new or empty. It holds what the exports hold, personal data too.",
)
@click.option(
    "--buckets",
    type=click.IntRange(1, 4096),
    default=BUCKETS,
    show_default=True,
    help="How many; so many that none holds more than half a million records.",
)
@no_progress_option
@kindly
def pack(paths: Sequence[Path], out: Path, buckets: int, no_progress: bool) -> None:
    """Pack exports into a dataset for `fleet audit`: studios' folders, folders of them, tables with a studio_id, ZIPs.

    Cells stay as they were written. A studio never spans buckets, and nothing of an export is dropped: what cannot be
    read is packed too and told by the audit.
    """
    from smpcompliance.fleet.pack import pack as packed
    from smpcompliance.fleet.whole import NotWritten

    outside([out], paths)
    try:
        with progress_bar(not no_progress) as progress:
            found = packed(given(paths), out, buckets, progress)
    except NotWritten as error:
        fail(str(error))
    for line in found.left_out:
        click.echo(f"not used: {line}", err=True)
    dataset = found.dataset
    rows = {n: dataset.rows(n) for n in dataset.filled}
    said = "studio" if found.studios == 1 else "studios"
    click.echo(
        f"{found.studios:,} {said}, {sum(rows.values()):,} records in {len(rows):,} of {buckets:,} buckets: {out}",
        err=True,
    )
    for n, held in rows.items():
        if held > BUDGET:
            click.echo(
                f"bucket {n} holds {held:,} records; a worker needs more than 1 GB for it, so give more --buckets",
                err=True,
            )
