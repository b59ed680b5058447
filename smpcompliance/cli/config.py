"""`smpcompliance config`: which settings hold here, and where each comes from."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from smpcompliance.cli.audit import command as audit
from smpcompliance.cli.settings import PREFIX, Settings, defaults_of, key_of, read_settings
from smpcompliance.cli.shared import kindly

_FROM_PROFILE = {"jurisdiction", "overlay"}


@click.group(name="config")
def command() -> None:
    """Show which settings hold here.

    A flag goes before the environment (SMPCOMPLIANCE_FAIL_ON), this before smpcompliance.toml or [tool.smpcompliance]
    of pyproject.toml in the present folder, and this before studio.yaml.
    """


@command.command(name="show")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@kindly
def show(form: str) -> None:
    """Print each setting of `audit` with its value and its source."""
    rows = list(_rows(read_settings(Path.cwd())))
    if form == "json":
        click.echo(json.dumps([dict(zip(("setting", "value", "source"), row, strict=True)) for row in rows], indent=1))
        return
    widths = [max(len(row[n]) for row in rows) for n in range(2)]
    for name, value, source in rows:
        click.echo(f"{name:{widths[0]}}  {value:{widths[1]}}  {source}".rstrip())


def _rows(settings: Settings) -> Iterator[tuple[str, str, str]]:
    here = defaults_of(audit, settings)
    for option in sorted((o for o in audit.params if isinstance(o, click.Option)), key=key_of):
        key = key_of(option)
        written = os.environ.get(PREFIX + key.upper())
        if key == "help":
            continue
        if written:
            yield key, written, f"environment {PREFIX}{key.upper()}"
        elif str(option.name) in here:
            yield key, _said(here[str(option.name)]), f"{settings.file}, line {settings.lines[key]}"
        elif key in _FROM_PROFILE:
            yield key, "", "studio.yaml"
        else:
            yield key, _said(option.default), "default"


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value) if isinstance(value, str | int) else ""
