"""An audit from end to end: whose law reaches whom, what it says, and what could not be read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase

import numpy as np

from smpcompliance.audit.finding import NOTHING_MORE, Asked, Audit, Input
from smpcompliance.audit.judge import Task, judge_all
from smpcompliance.dates import Mask, Period
from smpcompliance.logs.intake.build import Intake
from smpcompliance.logs.studio import Studio
from smpcompliance.rules.rule import Rule
from smpcompliance.rules.ruleset import Ruleset, chain, rules_of
from smpcompliance.yamlio import Problem, SourceError


def law_of(studio: Studio) -> list[str]:
    """The rulesets a studio asks for: its jurisdiction and its overlays (some overlays are words that rules know)."""
    return [id for id in (studio.jurisdiction, *studio.overlays) if id]


def wanted_rulesets(studios: Sequence[Studio], known: Sequence[str]) -> list[str]:
    """The ids of the rulesets that studios ask for.

    Raises:
        SourceError: a studio says no jurisdiction, or one that is not known.
    """
    problems = []
    for studio in studios:
        if not studio.jurisdiction:
            problems.append(
                studio.problem(
                    (), "'jurisdiction' is missing; say one, e.g. jurisdiction: US-CA, or give --jurisdiction"
                )
            )
        elif studio.jurisdiction not in known:
            text = f"there is no ruleset {studio.jurisdiction!r}; known are {', '.join(known)}"
            problems.append(studio.problem(("jurisdiction",), text))
    if problems:
        raise SourceError(problems)
    return sorted({id for studio in studios for id in law_of(studio) if id in known})


def check_profiles(studios: Sequence[Studio], rulesets: Mapping[str, Ruleset]) -> None:
    """Looks at what studios name of the rules: overlays and readings.

    Raises:
        SourceError: an overlay is neither a ruleset nor known to any rule, or there is no such reading.
    """
    rules = [rule for ruleset in rulesets.values() for rule in ruleset.rules]
    words = {word for rule in rules for path, c, _ in rule.applies_to.columns() if path == "studio.overlays"
             for word in (c.enum or c.contains_any or ())}  # fmt: skip
    by_id = {rule.id: rule for rule in rules}
    problems: list[Problem] = []
    for studio in studios:
        for n, overlay in enumerate(studio.overlays):
            if overlay not in rulesets and overlay not in words:
                known = ", ".join(sorted(words | set(rulesets)))
                text = f"no ruleset and no rule knows the overlay {overlay!r}; known are {known}"
                problems.append(studio.problem(("overlays", n), text))
        for id, reading in studio.readings.items():
            readings = by_id[id].readings if id in by_id else {}
            if reading not in readings:
                text = (
                    f"{id} has no reading {reading!r}; it has {', '.join(readings) or 'none'}"
                    if id in by_id
                    else f"there is no rule {id!r}"
                )
                problems.append(studio.problem(("readings", id), text))
    if problems:
        raise SourceError(problems)


def tasks(
    studios: Sequence[Studio], rulesets: Mapping[str, Ruleset], select: Iterable[str] = (), ignore: Iterable[str] = ()
) -> list[Task]:
    """The rules that hold, each with the studios whose law it is.

    Args:
        select, ignore: globs over rule ids (`US-CA/spore-*`); without `select` all rules.

    Raises:
        ValueError: a glob matches no rule, or no rule is left.
    """
    reach: dict[str, tuple[Rule, Mask]] = {}
    for law, places in _by_law(studios).items():
        for rule in rules_of(rulesets, _nearest(law, rulesets)):
            reach.setdefault(rule.id, (rule, np.zeros(len(studios), bool)))[1][places] = True
    select, ignore = list(select), list(ignore)
    for glob in (*select, *ignore):
        if not any(fnmatchcase(id, glob) for id in reach):
            raise ValueError(f"{glob!r} matches no rule; `smpcompliance rules list` shows them all")
    chosen = [
        id for id in sorted(reach)
        if (not select or any(fnmatchcase(id, g) for g in select)) and not any(fnmatchcase(id, g) for g in ignore)
    ]  # fmt: skip
    if not chosen and (select or ignore):
        raise ValueError("no rule is left to judge: every one that `select` takes, `ignore` leaves out")
    return [Task(*reach[id]) for id in chosen]


def audit(
    rulesets: Mapping[str, Ruleset],
    intake: Intake,
    inputs: Sequence[Input],
    period: Period,
    as_of: date,
    *,
    version: str,
    asked: Asked = NOTHING_MORE,
    progress: Callable[[str], None] = lambda _: None,
) -> Audit:
    """Judges everything that was handed in. Pure: the same input gives the same audit.

    Args:
        rulesets: all that the studios' law needs, parents included.
        intake: what was read; `inputs` are the files it came from.
        period: the days whose records are judged.
        as_of: the audit day.
        version: the program's version, for the report.
        asked: rules to be left out, and what else the report must say was asked.
    """
    studios = intake.logs.studios
    check_profiles(studios, rulesets)
    results = judge_all(tasks(studios, rulesets, asked.select, asked.ignore), intake.logs, period, as_of, progress)
    unreadable = [(studios[code].studio_id, place) for code, place in intake.misfits]
    for log in intake.logs.tables.values():
        unreadable += [(studios[code].studio_id, place) for code, place in log.unreadable()]
    chains: dict[str, tuple[str, ...]] = {}
    for law, places in _by_law(studios).items():
        ids = tuple(dict.fromkeys(r.id for id in _nearest(law, rulesets) for r in chain(rulesets, id)))
        chains |= {studios[n].studio_id: ids for n in places}
    used = dict.fromkeys(id for ids in chains.values() for id in ids)
    return Audit(
        studios,
        tuple(rulesets[id] for id in used),
        chains,
        period,
        as_of,
        tuple(sorted(inputs, key=lambda i: (i.studio_id, i.file, i.sheet, i.log or ""))),
        tuple(results),
        tuple(sorted(unreadable, key=lambda u: (u[0], u[1].file, u[1].sheet, u[1].line, u[1].column or ""))),
        version,
        intake.logs,
        asked,
    )


def _by_law(studios: Sequence[Studio]) -> dict[tuple[str, ...], list[int]]:
    """The places of the studios that ask for the same rulesets."""
    out: dict[tuple[str, ...], list[int]] = {}
    for n, studio in enumerate(studios):
        out.setdefault(tuple(law_of(studio)), []).append(n)
    return out


def _nearest(law: Sequence[str], rulesets: Mapping[str, Ruleset]) -> list[str]:
    """The rulesets of a studio without those that another of them extends: what the child omits stays out."""
    ids = [id for id in law if id in rulesets]
    parents = {parent.id for id in ids for parent in chain(rulesets, id)[:-1]}
    return [id for id in ids if id not in parents]


def under(studio: Studio, rulesets: Mapping[str, Ruleset], own: Iterable[str]) -> Studio:
    """A studio judged by further rulesets of the user's own, each where what it extends is the studio's law."""
    law = {parent.id for id in law_of(studio) if id in rulesets for parent in chain(rulesets, id)}
    more = [id for id in own if id not in law and (rulesets[id].extends is None or rulesets[id].extends in law)]
    return replace(studio, overlays=(*studio.overlays, *more)) if more else studio


def with_law(studio: Studio, jurisdictions: Sequence[str], overlays: Sequence[str]) -> Studio:
    """A studio judged by other law than its own file says (`--jurisdiction`, `--overlay`)."""
    if not jurisdictions and not overlays:
        return studio
    first = jurisdictions[0] if jurisdictions else studio.jurisdiction
    own = tuple(overlays) if jurisdictions else (*studio.overlays, *overlays)
    return replace(studio, jurisdiction=first, overlays=(*jurisdictions[1:], *own))
