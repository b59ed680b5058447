"""Doing the audit of a report again: the same question to the same law, of the files that lie here now."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from smpcompliance import dates as calendar
from smpcompliance.api import hand_in, judge
from smpcompliance.audit.baseline import Baseline, read_baseline
from smpcompliance.audit.finding import Asked, Audit, Input
from smpcompliance.audit.waivers import Waiver
from smpcompliance.cli.reading import given
from smpcompliance.cli.shared import fail
from smpcompliance.dates import Period
from smpcompliance.logs.intake.places.place import WAIVERS
from smpcompliance.report.saved import Saved
from smpcompliance.report.sealed.compare import known_inputs
from smpcompliance.report.sealed.law import Texts, shelves
from smpcompliance.rules.ruleset import Law, Ruleset, load_rulesets


def audit_again(
    paths: Sequence[Path], saved: Saved, texts: Texts, progress: Callable[[str], None]
) -> tuple[tuple[Input, ...], Audit]:
    """Reads studios and judges them by the rules inside a report, asked as that audit was.

    Waivers and a baseline that came from elsewhere than the studios' folders are taken as the report has them.

    Returns:
        The files that were read, and the audit.

    Raises:
        SourceError: a mistake in the rules or in a studio's own files.
    """
    asked = Asked(**{name: tuple(value) for name, value in saved.report.asked.model_dump().items()})
    kept = shelves(texts)
    own = _own(saved, load_rulesets(kept, kept), asked)
    order = [studio.studio_id for studio in saved.report.studios]
    handed = hand_in(given(paths), asked.jurisdictions, asked.overlays, Law(kept, own), progress, order)
    inputs = known_inputs(saved.report.inputs, handed.inputs)
    try:
        found = judge(
            handed, saved.period, saved.as_of, asked, list(_waivers(saved)), _baseline(saved), inputs, progress
        )
    except (ValueError, TypeError, KeyError) as error:
        fail(f"the audit inside the report cannot be done again: {error}")
    return handed.inputs, found


def _own(saved: Saved, rulesets: Mapping[str, Ruleset], asked: Asked) -> tuple[str, ...]:
    """The rulesets that were given by `--ruleset`: every studio that they fit was judged by them."""
    law = {studio.studio_id: set(studio.rulesets) for studio in saved.report.studios}
    overlays = dict.fromkeys(id for studio in saved.data["studios"] for id in studio.get("overlays") or ())

    def fits(id: str, chain: set[str]) -> bool:
        return rulesets[id].extends is None or rulesets[id].extends in chain

    return tuple(
        id for id in overlays
        if id in rulesets and id not in asked.overlays and all(id in c for c in law.values() if fits(id, c))
    )  # fmt: skip


def _waivers(saved: Saved) -> Iterator[Waiver]:
    """The waivers of a report that lie in no studio's folder."""
    for each in saved.data.get("waivers") or ():
        if each["file"] not in WAIVERS:
            yield Waiver(
                each["rule"], each["studio_id"], each["record"], each["machine"], each["person"],
                each["period"] and Period(calendar.day(each["period"]["from"]), calendar.day(each["period"]["to"])),
                each["fingerprint"], each["reason"], each["approved_by"], each["reference"],
                each["from"] and calendar.day(each["from"]), calendar.day(each["until"]), each["file"], each["line"],
            )  # fmt: skip


def _baseline(saved: Saved) -> Baseline | None:
    found: Any = saved.data.get("baseline")
    if not found:
        return None
    names = ("schema", "as_of", "period", "version", "rulesets", "entries")
    return read_baseline(json.dumps({name: found.get(name) for name in names}).encode(), "audit.json")
