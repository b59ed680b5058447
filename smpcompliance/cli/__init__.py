"""The command line: the only clock, the only output files, the only exit codes."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from smpcompliance import __version__
from smpcompliance.garbage import seldom_collecting

_COMMANDS = {
    "audit": "Audit one or many studios and write reports.",
    "fleet": "Audit very many studios: pack their exports, judge them in buckets, tell which duties fail where.",
    "rules": "Show, explain and test the rules of law.",
    "explain": "Say in words what a rule asks, or what a finding means.",
    "doctor": "Show what was read from each file, and which duties a missing column blocks.",
    "due": "Show what is due next, from the same cited law.",
    "trace": "Show whom a failed test, a lot or a recall concerns, and what could not be traced.",
    "diff": "Say what changed from one JSON report to the next.",
    "baseline": "Take the breaches of today as known, so that only new ones count.",
    "config": "Show which settings hold here, and where each comes from.",
    "verify": "Check a PDF report: itself, its signatures, and against the logs.",
    "sign": "Sign a PDF report with the studio's or the inspector's key.",
    "init": "Make a new studio folder with blank logs, a filled sample, or a ruleset of your own.",
    "schema": "Print a JSON Schema: of a report, of a file that people write, or of a log.",
}

EXIT_CODES = """\b
Exit codes, the same for every command:
  0  it ran, and nothing is at or above --fail-on
  1  findings at or above --fail-on
  2  no verdict: bad usage, nothing to read, a mistake in a ruleset, studio or other file
  3  nothing at the threshold, but a duty that applies could not be judged, or a line or log is left out
     (--allow-incomplete makes it 0)
  4  a check broke, or an internal error"""


def _settings_for(command: click.Command) -> dict[str, Any]:
    from smpcompliance.cli.settings import defaults_of, read_settings
    from smpcompliance.cli.shared import kindly

    @kindly
    def settings() -> dict[str, Any]:
        return defaults_of(command, read_settings(Path.cwd()))

    found: dict[str, Any] = settings()
    return found


class _Commands(click.Group):
    """Loads a command's module only when it is called: `--help` must not pay for pandas, Arrow or PDF."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        from smpcompliance.cli.settings import listening

        found: click.Command = import_module(f"smpcompliance.cli.{name}").command
        return listening(found)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if command and name:
            ctx.default_map = {name: _settings_for(command)}
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="smpcompliance")
def main(**_: Any) -> None:
    """The auditor for tattoo, permanent-cosmetics and scalp-micropigmentation studios.

    Reads the logs a studio keeps, judges every record by the law in force on its day, and says what the records show.
    """
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # none takes part in reading law; the search takes 20 ms
    os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")  # to clean huge pages costs an eighth of judging a whole law
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # so that Arrow's memory is kept too (`keep_memory`)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # nothing multiplies matrices; to start threads takes 40 ms
    click.get_current_context().with_resource(seldom_collecting())
