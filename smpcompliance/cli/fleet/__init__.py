"""`smpcompliance fleet`: many studios, in buckets, on one machine or many."""

import click

from smpcompliance.cli.fleet.auditing import audit
from smpcompliance.cli.fleet.packing import pack
from smpcompliance.cli.fleet.telling import summary


@click.group(name="fleet", commands={c.name or "": c for c in (pack, audit, summary)})
def command() -> None:
    """Audit many studios at once: pack their exports, judge them bucket by bucket, tell where which duty fails."""
