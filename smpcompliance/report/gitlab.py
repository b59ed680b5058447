"""Code quality for GitLab: a list of what was found, which a merge request shows (`artifacts: reports: codequality`).

GitLab tells by the fingerprint what is new, and drops all but one of those that are equal; so each is made of the
studio, of what the finding is known by, and of a running number. It shows nothing without a file and a line: what is
missing points at line 1 of the log where it should stand, or of the studio's profile.
"""

import hashlib
import json
from collections import Counter
from typing import Any

from smpcompliance.audit.finding import Audit
from smpcompliance.logs.intake.places.place import PROFILE_FILE
from smpcompliance.report.points import Point, points, whole
from smpcompliance.report.telling import TOLD, Telling
from smpcompliance.report.words import Words, load_words

LEFT_OUT = "smpcompliance/line-left-out"
"""The name under which lines stand that are no record."""


def report(audit: Audit, telling: Telling = TOLD) -> bytes:
    """The code quality report of an audit, UTF-8, never cut; `telling` chooses only the language."""
    words = load_words(telling.language)
    seen: Counter[tuple[str, str]] = Counter()
    listed = [_listed(point, seen, words) for point in points(audit, words)]
    return ("[" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in listed) + "]\n").encode()


def severity(point: Point) -> str:
    """GitLab's word: that of the rule; `info` for advice and for what is waived, `blocker` for a check that broke."""
    if point.kind == "broke":
        return "blocker"
    return "info" if point.kind == "waived" or not point.is_duty else point.severity


def _listed(point: Point, seen: Counter[tuple[str, str]], words: Words) -> dict[str, Any]:
    known_by = (point.studio_id, point.fingerprint)
    seen[known_by] += 1
    unique = json.dumps([*known_by, seen[known_by]])
    title = whole(point.rule.title) if point.rule else words("pipelines.notices.line-left-out")
    return {
        "description": " · ".join((title, *point.lines)),
        "check_name": point.rule.id if point.rule else LEFT_OUT,
        "fingerprint": hashlib.sha256(unique.encode()).hexdigest()[:32],
        "severity": severity(point),
        "location": {"path": point.file or PROFILE_FILE, "lines": {"begin": point.line or 1}},
    }
