"""What is asked of a fleet, looked at before the first bucket is judged; and exports that are judged in one pass."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from smpcompliance.api import hand_in, judge, known_places, left_out, under_law
from smpcompliance.audit.finding import Asked
from smpcompliance.audit.run import check_profiles, tasks
from smpcompliance.audit.waivers import Waiver
from smpcompliance.dates import Period
from smpcompliance.fleet.bucket import Question, law_of_question, part
from smpcompliance.fleet.dataset import Damaged, Dataset
from smpcompliance.fleet.drive import PARTS, Driven, place_of
from smpcompliance.fleet.whole import made, write_whole
from smpcompliance.logs.intake.raw import SourceFile
from smpcompliance.logs.studio import Studio
from smpcompliance.rules.ruleset import Ruleset
from smpcompliance.rules.shelves import Law


def question_of(
    dataset: Dataset, law: Law, period: Period, as_of: date, asked: Asked, waivers: Sequence[Waiver], first: int
) -> Question:
    """What is asked of each bucket of a dataset.

    Raises:
        NothingToRead: there is no ruleset of a place that was asked for, or one of the user's own reaches nobody.
        SourceError: a studio names no law or one that is not known; mistakes in rulesets.
        ValueError: a glob matches no rule of any studio.
    """
    known_places(asked.jurisdictions, law)
    packed = [studio for bucket in dataset.filled for studio in _studios(dataset, bucket)]
    studios, rulesets = under_law(packed, asked.jurisdictions, asked.overlays, law)
    check_profiles(studios, rulesets)
    tasks(studios, rulesets, asked.select, asked.ignore)
    return _question(rulesets, law, period, as_of, asked, waivers, first)


def _studios(dataset: Dataset, bucket: int) -> tuple[Studio, ...]:
    """The studios of a bucket; none of a damaged one, which will be told as not audited."""
    try:
        return dataset.studios(bucket)
    except Damaged:
        return ()


def ask_at_once(
    paths: Sequence[Path | SourceFile],
    law: Law,
    period: Period,
    as_of: date,
    asked: Asked,
    waivers: Sequence[Waiver],
    first: int,
    out: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Question, Driven]:
    """Exports judged in one pass, as one bucket that is not packed; all of them stand in memory.

    Raises:
        NothingToRead, SourceError, ValueError: as `hand_in` and `judge` do.
        NotWritten: nothing can be written into `out`.
    """
    handed = hand_in(paths, asked.jurisdictions, asked.overlays, law, progress)
    question = _question(handed.rulesets, law, period, as_of, asked, waivers, first)
    found = judge(handed, period, as_of, asked, waivers, progress=progress)
    read = hashlib.sha256(json.dumps([asdict(given) for given in handed.inputs]).encode()).hexdigest()
    made(out / PARTS)
    place = place_of(out, 0, question.key(read))
    write_whole(place, part(found, 0, question))
    return question, Driven((place,), (), 0, tuple(left_out(handed.reading.files)))


def _question(
    rulesets: Mapping[str, Ruleset],
    law: Law,
    period: Period,
    as_of: date,
    asked: Asked,
    waivers: Sequence[Waiver],
    first: int,
) -> Question:
    hashes = tuple(sorted((id, ruleset.sha256) for id, ruleset in rulesets.items()))
    return Question(period, as_of, asked, law_of_question(law, list(rulesets)), law.own, hashes, tuple(waivers), first)
