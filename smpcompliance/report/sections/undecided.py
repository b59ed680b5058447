"""What could not be judged, why, and which log or column would settle it."""

from collections.abc import Iterable, Iterator
from itertools import islice

from smpcompliance.audit.finding import Audit, RuleResult
from smpcompliance.audit.wanting import wanting
from smpcompliance.logs.studio import Studio
from smpcompliance.report.page import Block, Cell, Heading, Table, Text
from smpcompliance.report.reasons import cause
from smpcompliance.report.sections.places import LISTED, undecided
from smpcompliance.report.tally import judged, tally, worst_first
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import Words
from smpcompliance.rules.rule import Version

_EVERYWHERE = {"no_log", "no_column"}
"""Reasons that hold for every case alike: the table says which log or column, a list of places would say nothing."""
_OTHERWISE = ("parameter_unknown", "list_incomplete", "history_starts_late")
COLUMNS = 6
"""Columns and fields named as what would settle a rule."""


def open_questions(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """The section on everything that stayed open in a studio, also within rules that failed.

    Only an inspector is told case by case.
    """
    studio_id = studio.studio_id
    results = worst_first(r for r in audit.of(studio_id) if not r.asked and (r.reasons or r.unknown or _stays_open(r)))
    out: list[Block] = [Heading(2, words("undecided.title"))]
    if not results:
        return [*out, Text(words(f"undecided.{none_open(audit.of(studio_id))}"))]
    rows = tuple((_rule(r, words), _why(r, words), _settle(audit, studio_id, r, words)) for r in results)
    heads = tuple(words(f"undecided.heads.{name}") for name in ("rule", "why", "settle"))
    table = Table(heads, rows, (38, 30, 32), named=True, about=words("undecided.about"))
    out += [Text(words("undecided.intro")), table]
    if telling.edition == "owner":
        return [*out, Text(words("undecided.elsewhere"), "note")]
    placed = [r for r in results if len(r.undecided) and not set(r.reasons) <= _EVERYWHERE]
    out += [Heading(2, words("undecided.places")), Text(words("undecided.places_intro"))] if placed else []
    for result in placed:
        out += [
            Heading(3, result.rule.title, result.severity, logs_of(result)),
            Text(f"{result.rule.citation.text} · {result.rule.id}", "fine"),
        ]
        out += undecided(result.undecided, result.rule.title, words)
    return out


def none_open(results: Iterable[RuleResult]) -> str:
    """Which word says that nothing stayed open: all was judged, or there was nothing to judge."""
    return "none" if judged(tally(results).duties) else "nothing_judged"


def _stays_open(result: RuleResult) -> bool:
    return result.status in ("unknown", "not-checked", "error")


def _rule(result: RuleResult, words: Words) -> Cell:
    fine = f"{words(f'severity.{result.severity}')} · {result.rule.citation.text}"
    return Cell(result.rule.title, (fine, result.rule.id))


def _why(result: RuleResult, words: Words) -> Cell:
    if not result.reasons:
        return Cell(cause(result, words))
    said = [
        words("undecided.reason_times" if n > 1 else "undecided.reason", why=words(f"reasons.{name}"), n=n)
        for name, n in sorted(result.reasons.items(), key=lambda entry: (-entry[1], entry[0]))
    ]
    fine = [words("undecided.partly", open=result.unknown, n=result.examined)] if result.unknown else []
    if result.cause:
        fine.append(cause(result, words))
    return Cell(words.series(said), tuple(fine))


def lacking_logs(audit: Audit, studio_id: str, result: RuleResult) -> list[str]:
    """The logs a rule needs that the studio did not hand in."""
    if "no_log" not in result.reasons:
        return []
    there = {i.log for i in audit.inputs if i.studio_id == studio_id and i.log}
    return sorted({*logs_of(result)} - there)


def logs_of(result: RuleResult) -> tuple[str, ...]:
    """The logs that a rule's check names, in order."""
    return tuple(dict.fromkeys(log for version in result.rule.versions[-1:] for log in _logs(version)))


def _logs(version: Version) -> Iterator[str]:
    yield from version.check.logs_needed() if version.check else ()
    yield from (use.log for use in version.uses if use.log)


def _settle(audit: Audit, studio_id: str, result: RuleResult, words: Words) -> Cell:
    said = [_log_with_columns(log, result, words) for log in lacking_logs(audit, studio_id, result)]
    said += list(islice(_wanted(audit, result, words), COLUMNS))
    said += [words(f"undecided.settled.{reason}") for reason in _OTHERWISE if reason in result.reasons]
    if result.cause == "profile_silent":
        said.append(words("undecided.profile", fields=", ".join(result.about)))
    return Cell(words.series(said) or "–")


def _log_with_columns(log: str, result: RuleResult, words: Words) -> str:
    uses = (use for version in result.rule.versions[-1:] for use in version.uses)
    used = dict.fromkeys(use.path for use in uses if use.log == log and "." not in use.path)
    columns = ", ".join(name.replace("_", " ") for name in islice(used, COLUMNS))
    plain = words(f"logs.{log}")
    return words("undecided.columns", log=plain, columns=columns) if columns else words("undecided.hand_in", log=plain)


def _wanted(audit: Audit, result: RuleResult, words: Words) -> Iterator[str]:
    """The cells that are missing, by head, then the columns of logs in which nothing says which record it would be."""
    files: dict[str, list[str]] = {}
    elsewhere: dict[str, list[str]] = {}
    for each in wanting(audit, result, LISTED):
        if each.file is None:
            elsewhere.setdefault(each.log, []).append(each.column)
        else:
            place = words("place.sheet", file=each.file, sheet=each.sheet) if each.sheet else each.file
            if place not in files.setdefault(each.head, []):
                files[each.head].append(place)
    for column, (first, *more) in files.items():
        key = "undecided.column_of_files" if more else "undecided.column"
        yield words(key, column=column, file=first, n=len(more))
    for log, columns in elsewhere.items():
        named = ", ".join(name.replace("_", " ") for name in islice(columns, COLUMNS))
        yield words("undecided.columns", log=words(f"logs.{log}"), columns=named)
