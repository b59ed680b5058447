"""Annotations for GitHub: workflow commands, which a step of a workflow prints and GitHub shows beside the files.

GitHub shows ten annotations of each level per step, so the totals come first and then the worst; all stand in the log
of the step. The form of a command is that of actions/toolkit (`packages/core/src/command.ts`).
"""

from smpcompliance.audit.finding import Audit
from smpcompliance.report.points import Point, points, totals, whole
from smpcompliance.report.sections.opening import said_period
from smpcompliance.report.telling import TOLD, Telling
from smpcompliance.report.words import Words, load_words


def report(audit: Audit, telling: Telling = TOLD) -> bytes:
    """The workflow commands of an audit, one a line, UTF-8, never cut; `telling` chooses only the language."""
    words = load_words(telling.language)
    title = words("pipelines.totals", period=said_period(audit.period, words))
    commands = [_command("notice", {"title": title}, said) for said in totals(audit, words)]
    commands += [_annotation(point, words) for point in points(audit, words)]
    return "".join(f"{command}\n" for command in commands).encode()


def level(point: Point) -> str:
    """GitHub's word: an error for critical and major breaches and broken checks, a notice for advice and waived ones.

    Everything else is a warning: minor breaches, lines that were left out, duties that could not be judged.
    """
    if point.kind == "broke":
        return "error"
    if point.kind == "waived" or not point.is_duty:
        return "notice"
    return "error" if point.kind == "breach" and point.severity != "minor" else "warning"


def _annotation(point: Point, words: Words) -> str:
    properties: dict[str, str] = {}
    if point.file is not None:
        properties["file"] = point.file
        if point.line is not None:
            properties["line"] = str(point.line)
    properties["title"] = whole(point.rule.title) if point.rule else words("pipelines.notices.line-left-out")
    return _command(level(point), properties, "\n".join(point.lines))


def _command(name: str, properties: dict[str, str], message: str) -> str:
    written = ",".join(f"{key}={_value(text)}" for key, text in properties.items())
    return f"::{name} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _value(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
