"""`smpcompliance trace`: who is exposed, and its exit code."""

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from smpcompliance.cli.choices import LANGUAGE, TRACES, languages
from smpcompliance.cli.output import put
from smpcompliance.cli.progress import progress_bar
from smpcompliance.cli.reading import GIVEN, given
from smpcompliance.cli.shared import (
    audit_day,
    fail,
    kindly,
    law_options,
    no_progress_option,
    overlay_option,
    text_of_file,
)
from smpcompliance.memory import keep_memory

if TYPE_CHECKING:
    from smpcompliance.api import Handed
    from smpcompliance.dates import Period
    from smpcompliance.rules.shelves import Law
    from smpcompliance.trace.run import Kind, Query, Trace

_SHIPPED = ""
"""Value of `--recalls` without a file."""
_WITHOUT_PERIOD = ("lot", "recalls")
_EACH = (
    "--failed-tests", "--equipment", "--lot", "--recalls", "--practitioner", "--client", "--station", "--drill",
)  # fmt: skip


def _list_of_recalls(_ctx: Any, _param: Any, file: str | None) -> str | None:
    if file and not Path(file).is_file():
        if Path(file).exists():
            raise click.BadParameter(
                "what follows --recalls is a folder; write the studio's folder first, as in "
                "`smpcompliance trace my-studio --recalls`, or a CSV file behind --recalls"
            )
        raise click.BadParameter(f"there is no file {file!r}")
    if file and Path(file).suffix.lower() == ".zip":
        raise click.BadParameter("what follows --recalls is an archive; write the archive of the studio first")
    return file


def _day(_ctx: Any, _param: Any, text: str | None) -> date | None:
    from smpcompliance import dates as calendar

    try:
        return None if text is None else calendar.day(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(name="trace")
@click.argument("paths", nargs=-1, required=True, type=GIVEN)
@click.option("--failed-tests", is_flag=True, help="Look back after every failed spore test.")
@click.option("--equipment", metavar="ID", help="Look back on one steriliser, on the days given.")
@click.option("--lot", metavar="LOT", help="Follow a lot number: needles, pigment, anaesthetic …")
@click.option(
    "--recalls",
    is_flag=False,
    flag_value=_SHIPPED,
    metavar="[FILE]",
    callback=_list_of_recalls,
    help="Compare all lots with the list of recalls that comes with the program, and with FILE.",
)
@click.option("--practitioner", metavar="ID", help="The sessions of one practitioner.")
@click.option("--client", metavar="ID", help="Everything used on one client.")
@click.option("--station", metavar="NAME", help="The sessions at one workstation.")
@click.option("--drill", is_flag=True, help="Draw a load or lot of the past and trace it.")
@click.option("--seed", type=click.IntRange(0), help="Seed of the drill; default: the day of the trace as a number.")
@click.option("--period", metavar="PERIOD", help="Only these days: 2026-10, 2026, 2026-07-01/2026-09-30 or all.")
@click.option("--since", metavar="DATE", callback=_day, help="Only from this day on, included.")
@click.option("--until", metavar="DATE", callback=_day, help="Only up to this day, included.")
@click.option("--as-of", metavar="DATE", callback=audit_day, help="The day of the trace; default today.")
@click.option("--format", "form", type=click.Choice(TRACES), default="text", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="File to write; default: stdout.")
@click.option("--names", is_flag=True, help="With names and contacts of clients, marked as confidential throughout.")
@click.option(
    "--jurisdiction", "jurisdictions", multiple=True, metavar="ID", help="Law to go by, instead of studio.yaml."
)
@overlay_option
@click.option(
    "--language",
    type=click.Choice(languages()),
    default=LANGUAGE,
    show_default=True,
    help="Language of the answer.",
)
@click.option("--allow-incomplete", is_flag=True, help="What cannot be told does not give exit code 3.")
@no_progress_option
@kindly
@law_options
def command(
    paths: Sequence[Path],
    failed_tests: bool,
    equipment: str | None,
    lot: str | None,
    recalls: str | None,
    practitioner: str | None,
    client: str | None,
    station: str | None,
    drill: bool,
    seed: int | None,
    period: str | None,
    since: date | None,
    until: date | None,
    as_of: date,
    form: str,
    output: Path | None,
    names: bool,
    jurisdictions: Sequence[str],
    overlays: Sequence[str],
    language: str,
    allow_incomplete: bool,
    no_progress: bool,
    law: "Law",
) -> None:
    """Show which clients a failed steriliser test, a lot or a recall may concern, and what their records leave open.

    PATHS are as for audit. Ask one question: --failed-tests, --equipment, --lot, --recalls, --practitioner, --client,
    --station or --drill; days alone (--period, --since, --until) ask for all sessions of these days.

    \b
    Clients are codes unless --names is given. Exit codes: 0 nobody is exposed, or the sessions were listed ·
    1 a client is certainly or possibly exposed · 2 nothing to read, or a mistake in a file or in the question ·
    3 nobody, but something could not be told (--allow-incomplete makes it 0) · 4 it broke
    """
    keep_memory()
    from smpcompliance.api import hand_in, left_out, traced
    from smpcompliance.report.trace import render
    from smpcompliance.report.words import load_words
    from smpcompliance.trace.recalls import recall_list
    from smpcompliance.trace.run import NotKnown

    asked = {
        "failed_tests": "" if failed_tests else None, "equipment": equipment, "lot": lot, "recalls": recalls,
        "practitioner": practitioner, "client": client, "station": station, "drill": "" if drill else None,
    }  # fmt: skip
    days = _period(period, since, until, as_of)
    query = _query(asked, days, seed)
    known = recall_list(*([(text_of_file(Path(recalls)), recalls)] if recalls else [])) if recalls is not None else None
    with progress_bar(not no_progress) as progress:
        handed = hand_in(given(paths), jurisdictions, overlays, law, progress)
        _spared(output, paths, handed, recalls)
        try:
            found = traced(handed, query, as_of, known)
        except NotKnown as error:
            fail(str(error))
    for line in left_out(handed.reading.files):
        click.echo(f"not used: {line}", err=True)
    put(output or "-", render(found, form, load_words(language), names), form)
    sys.exit(exit_code(found, allow_incomplete))


def _query(asked: dict[str, str | None], days: "Period | None", seed: int | None) -> "Query":
    from smpcompliance.checks.list.reference_list import lot_text
    from smpcompliance.trace.run import Query

    kinds = [kind for kind, key in asked.items() if key is not None]
    if len(kinds) > 1 or not (kinds or days):
        said = " and ".join(f"--{kind.replace('_', '-')}" for kind in kinds)
        begin = f"{said} are {len(kinds)} questions" if kinds else "nothing is asked"
        raise click.UsageError(f"{begin}; give one of {', '.join(_EACH)}, or days alone (--period, --since, --until)")
    kind = cast("Kind", kinds[0] if kinds else "period")
    if seed is not None and kind != "drill":
        raise click.UsageError("--seed is for --drill")
    if days and kind in _WITHOUT_PERIOD:
        raise click.UsageError(f"--{kind} looks at all days; leave --period, --since and --until out")
    key = "" if kind in ("recalls", "period") else asked[kind] or ""
    if kind in ("equipment", "lot", "practitioner", "client", "station") and not key.strip():
        raise click.UsageError(f"say which: --{kind} is empty")
    if kind == "lot" and not lot_text(key):
        raise click.UsageError("say which: --lot holds no number")
    return Query(kind, key, days, seed)


def _period(text: str | None, since: date | None, until: date | None, as_of: date) -> "Period | None":
    from smpcompliance import dates as calendar

    if text is not None and (since or until):
        raise click.UsageError("give --period, or --since and --until, not both")
    if text is None and not (since or until):
        return None
    if text is not None:
        try:
            found = calendar.period(text)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--period") from None
    else:
        found = calendar.Period(since or calendar.FIRST_DAY, until or calendar.LAST_DAY)
        if found.last < found.first:
            raise click.UsageError("--until lies before --since")
    if found.first > as_of:
        raise click.UsageError(f"these days begin after the day of the trace, {as_of.isoformat()}")
    return found


def _spared(output: Path | None, paths: Sequence[Path], handed: "Handed", recalls: str | None) -> None:
    """The answer takes the place of no record that it is made from: there may be no other copy."""
    if output is None or not output.is_file():
        return
    place = output.resolve()
    names = {each.file for each in handed.inputs}
    within = any(path.resolve() in place.parents for path in paths)
    own = [*paths, *([Path(recalls)] if recalls else [])]
    if any(path.resolve() == place for path in own) or (
        within and any(place.as_posix().endswith(f"/{name}") for name in names)
    ):
        raise click.BadParameter(f"{str(output)!r} is read by this trace; write elsewhere", param_hint="--output")


def exit_code(found: "Trace", allow_incomplete: bool) -> int:
    """0 nobody, or listed · 1 certain or possible sessions · 3 none, but something could not be told.

    Who is only looked for (a practitioner, client, station, period, drill) is not exposed by it.
    """
    from smpcompliance.report.trace.page import EXPOSING
    from smpcompliance.report.trace.untraced import incomplete
    from smpcompliance.trace.exposure import Strength

    reached = any((each.exposed.strength > Strength.excluded).any() for each in found.traced)
    if reached and found.query.kind in EXPOSING:
        return 1
    return 3 if incomplete(found) and not allow_incomplete else 0
