"""SARIF 2.1.0: the format of code scanning (GitHub, Azure DevOps, editors), by the schema of OASIS.

One run holds all studios. `tool.driver.rules` are the rules that were asked. `results` are breaches (`fail`; a waived
one carries a suppression) and what could not be judged (`open`, level none), one by one, or one for a rule where a
whole log or column is missing. Rules that are met, do not apply or are questions for the visit have no result, for
GitHub would show each as an alert; how every rule ended in every studio stands in the run's `properties.statuses`.
Checks that broke, lines that were left out, cells that cannot be read and waivers without effect are notifications of
the invocation.

Every result has a file where there is any, for GitHub refuses a whole report of which one result has none: what is
missing points at the log where it should stand, or at the studio's profile, without a line.
"""

import json
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any
from urllib.parse import quote, urlsplit

from smpcompliance.audit.finding import Audit, Evidence, Finding, Input, RuleResult
from smpcompliance.audit.waivers import WaiverUse
from smpcompliance.logs.intake.places.place import PROFILE_FILE, WAIVERS
from smpcompliance.logs.intake.raw import Unreadable
from smpcompliance.patterns import pattern
from smpcompliance.report.points import found_lines, listed_open, names, stays_open, unreadable, whole, why
from smpcompliance.report.reasons import cause, reason
from smpcompliance.report.repository import Repository
from smpcompliance.report.sections.breaches import explanation
from smpcompliance.report.sections.places import record
from smpcompliance.report.telling import TOLD, Telling
from smpcompliance.report.words import Words, load_words
from smpcompliance.rules.rule import Rule, Severity
from smpcompliance.rules.ruleset import SourceRead

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: dict[Severity, str] = {"critical": "error", "major": "error", "minor": "warning", "advice": "note"}
ROOT = "%SRCROOT%"
"""The folder in which the program was started, as GitHub and others call it; the report does not say where it is."""
FINGERPRINT = "smpcompliance/v1"
NOTICES = ("check-broke", "line-left-out", "cell-unreadable", "waiver-without-effect")

_MARKS = pattern(r"[\\`*_{}\[\]<>|~&#!]")
_HASH = pattern(r"[0-9a-f]{64}")
_OF_URI = "%/:?#[]@!$&'()*+,;=~"

Json = dict[str, Any]


def report(audit: Audit, telling: Telling = TOLD) -> bytes:
    """The SARIF report of an audit, UTF-8, one result a line, never cut; `telling` chooses only the language."""
    return _Log(audit, load_words(telling.language)).text().encode()


class _Log:
    def __init__(self, audit: Audit, words: Words) -> None:
        self.audit, self.words = audit, words
        self.repository = Repository.of(audit)
        self.names = names(audit)
        self.rules: dict[str, RuleResult] = {}
        for result in audit.results:
            self.rules.setdefault(result.rule.id, result)
        self.index = {id: n for n, id in enumerate(self.rules)}
        self.sources = {(ruleset.id, source.id): source for ruleset in audit.rulesets for source in ruleset.sources}
        self.inputs: dict[tuple[str, str], list[Input]] = {}
        for source in audit.inputs:
            self.inputs.setdefault((source.studio_id, source.file), []).append(source)
        self.artifact = {key: n for n, key in enumerate(self.inputs)}
        self.files: dict[tuple[str, str], Json] = {}
        self.has_waived = any(result.waived for result in audit.results)

    def text(self) -> str:
        written = json.JSONEncoder(ensure_ascii=False).encode
        head, run = written({"$schema": SCHEMA, "version": "2.1.0"}), written(self._run())
        results = ",\n".join(map(written, self._results()))
        return f'{head[:-1]}, "runs": [\n{run[:-1]}, "results": [\n{results}\n]}}]}}\n'

    def _run(self) -> Json:
        audit = self.audit
        driver = {
            "name": "smpcompliance",
            "version": audit.version,
            "rules": [self._rule(result) for result in self.rules.values()],
            "notifications": [_descriptor(name, self.words(f"pipelines.notices.{name}")) for name in NOTICES],
        }
        return {
            "tool": {"driver": driver},
            "invocations": [self._invocation()],
            "originalUriBaseIds": self._bases(),
            "artifacts": [self._artifact(key, parts) for key, parts in self.inputs.items()],
            "properties": {
                "period": audit.period.plain(),
                "as_of": audit.as_of.isoformat(),
                "studios": [
                    {"studio_id": s.studio_id, "name": whole(s.name), "rulesets": list(audit.chains[s.studio_id])}
                    for s in audit.studios
                ],
                "rulesets": [{"id": r.id, "sha256": r.sha256} for r in audit.rulesets],
                "statuses": [self._status(result) for result in audit.results],
            },
        }

    def _status(self, result: RuleResult) -> Json:
        return {
            "studio_id": result.studio_id,
            "rule": result.rule.id,
            "severity": result.severity,
            "status": result.status,
            "for_the_visit": result.asked,
            "examined": result.examined,
            "failed": result.failed,
            "unknown": result.unknown,
            "waived": result.waived,
            "reason": _or_none(reason(result, self.words)),
        }

    def _rule(self, result: RuleResult) -> Json:
        rule = result.rule
        source = self.sources.get((rule.ruleset, rule.citation.source))
        url = source.url if source else None
        return {
            "id": rule.id,
            "name": "".join(part.capitalize() for part in re.split(r"\W|_", rule.id.partition("/")[2])),
            "shortDescription": _message(rule.title),
            "fullDescription": _message(explanation(result) or rule.title),
            "help": self._help(rule, source),
            **({"helpUri": quote(url, safe=_OF_URI)} if url and urlsplit(url).scheme in ("http", "https") else {}),
            "defaultConfiguration": {"level": LEVELS[rule.severity]},
            "properties": {
                "severity": rule.severity,
                "basis": rule.basis,
                "citation": whole(rule.citation.text),
                "source": rule.citation.source,
                "kind": rule.kind,
                "waivable": rule.waivable,
                "tags": [rule.ruleset, rule.severity, rule.kind],
            },
        }

    def _help(self, rule: Rule, source: SourceRead | None) -> Json:
        words = self.words
        cited = f"{rule.citation.text} ({source.title})" if source else rule.citation.text
        parts = [
            ("", f"{cited}. {words(f'basis_long.{rule.basis}')}."),
            ("", rule.citation.note or ""),
            (words("breaches.remedy"), rule.remedy),
            (words("breaches.leaves_out"), rule.leaves_out),
        ]
        said = [(lead, whole(text)) for lead, text in parts if text]
        plain = "\n".join(f"{lead} {text}".strip() for lead, text in said)
        marked = "\n\n".join((f"**{lead}** " if lead else "") + _MARKS.sub(r"\\\g<0>", text) for lead, text in said)
        return {"text": _plain(plain), "markdown": marked}

    def _bases(self) -> Json:
        bases: Json = {ROOT: {"description": _message(self.words("pipelines.started"))}}
        for studio in self.audit.studios:
            if self.repository.folders.get(studio.studio_id) is None:
                bases[studio.studio_id] = {"description": _message(self.words("pipelines.folder", name=studio.name))}
        return bases

    def _file(self, studio_id: str, file: str) -> Json:
        if (studio_id, file) not in self.files:
            known = self.repository.folders.get(studio_id) is not None
            index = {"index": self.artifact[studio_id, file]} if (studio_id, file) in self.artifact else {}
            uri = quote(self.repository.path(studio_id, file), safe="/~")
            self.files[studio_id, file] = {"uri": uri, "uriBaseId": ROOT if known else studio_id, **index}
        return self.files[studio_id, file]

    def _artifact(self, key: tuple[str, str], parts: list[Input]) -> Json:
        location = {name: value for name, value in self._file(*key).items() if name != "index"}
        is_setting = key[1] == PROFILE_FILE or key[1] in WAIVERS
        hashes = {"hashes": {"sha-256": parts[0].sha256}} if _HASH.fullmatch(parts[0].sha256) else {}
        told = [
            {"sheet": whole(p.sheet), "log": p.log, "rows": p.rows, "remarks": [whole(text) for text in p.remarks]}
            for p in parts
        ]
        return {
            "location": location,
            "roles": ["userSpecifiedConfiguration" if is_setting else "analysisTarget"],
            **hashes,
            "properties": {"studio_id": key[0], "parts": told},
        }

    def _invocation(self) -> Json:
        broken = [result for result in self.audit.results if result.status == "error"]
        return {
            "executionSuccessful": not broken,
            "toolExecutionNotifications": [
                *(self._broken(result) for result in broken),
                *(self._unreadable(studio_id, place) for studio_id, place in self.audit.unreadable),
            ],
            "toolConfigurationNotifications": [self._waiver(u) for u in self.audit.waivers if u.state != "applied"],
        }

    def _notice(self, name: str, level: str, studio_id: str, text: str) -> Json:
        said = (
            self.words("pipelines.studio", name=self.names[studio_id], said=text) if studio_id in self.names else text
        )
        return {"descriptor": {"id": name, "index": NOTICES.index(name)}, "level": level, "message": _message(said)}

    def _broken(self, result: RuleResult) -> Json:
        said = f"{result.rule.id}: {cause(result, self.words)}"
        return {
            **self._notice("check-broke", "error", result.studio_id, said),
            "associatedRule": {"id": result.rule.id, "index": self.index[result.rule.id]},
        }

    def _unreadable(self, studio_id: str, place: Unreadable) -> Json:
        name = "line-left-out" if place.column is None else "cell-unreadable"
        return {
            **self._notice(name, "warning", studio_id, unreadable(place, self.words)),
            "locations": [self._place(studio_id, place.file, place.line)],
        }

    def _waiver(self, use: WaiverUse) -> Json:
        waiver, words = use.waiver, self.words
        said = words("pipelines.waiver", rule=waiver.rule, state=words(f"waived.state.{use.state}", n=use.covered))
        notice = self._notice("waiver-without-effect", "warning", waiver.studio_id or "", said)
        if waiver.studio_id and (waiver.studio_id, waiver.file) in self.artifact:
            return {**notice, "locations": [self._place(waiver.studio_id, waiver.file, waiver.line)]}
        path = PurePath(waiver.file)
        uri = quote(path.name if path.is_absolute() else path.as_posix(), safe="/~")
        region = {"startLine": waiver.line}
        return {**notice, "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}]}

    def _results(self) -> Iterator[Json]:
        for result in self.audit.results:
            listed = listed_open(result)
            for finding in result.findings:
                yield self._found(result, finding)
            for finding in listed:
                yield self._found(result, finding)
            if stays_open(result, listed) in ("unknown", "not-checked"):
                yield self._open(result)

    def _found(self, result: RuleResult, finding: Finding) -> Json:
        where, *more = finding.evidence
        is_open = finding.reason is not None
        out = {
            **self._head(result, is_open, found_lines(finding, self.words)),
            "locations": [self._location(result.studio_id, where)],
            "partialFingerprints": {FINGERPRINT: finding.fingerprint},
            "properties": {
                "studio_id": result.studio_id,
                "severity": result.severity,
                "log": where.log,
                "sheet": _or_none(where.sheet),
                "column": _or_none(where.column),
                "record": {name: whole(value) for name, value in where.record.items()},
                "facts": {name: whole(value) for name, value in finding.facts.items()},
                "reason": finding.reason,
            },
        }
        if more:
            out["relatedLocations"] = [self._related(result.studio_id, n, each) for n, each in enumerate(more)]
        if self.has_waived:
            accepted = {"kind": "external", "status": "accepted", "justification": whole(finding.waiver or "")}
            out["suppressions"] = [accepted] if finding.waiver else []
        return out

    def _open(self, result: RuleResult) -> Json:
        """A rule that stays open as a whole."""
        studio_id = result.studio_id
        times = max(result.unknown, sum(result.reasons.values()))
        log = result.undecided[0].where.log if len(result.undecided) else ""
        said = self.words("pipelines.open", why=why(result, self.words))
        return {
            **self._head(result, True, (f"{said}. {result.rule.title}",)),
            "locations": [self._location(studio_id, Evidence(log, None, None, None, {}))],
            **({"occurrenceCount": times} if times else {}),
            "properties": {"studio_id": studio_id, "severity": result.severity, "reasons": dict(result.reasons)},
            **({"suppressions": []} if self.has_waived else {}),
        }

    def _head(self, result: RuleResult, is_open: bool, lines: tuple[str, ...]) -> Json:
        text = "\n".join(lines)
        if result.studio_id in self.names:
            text = self.words("pipelines.studio", name=whole(self.names[result.studio_id]), said=text)
        return {
            "ruleId": result.rule.id,
            "ruleIndex": self.index[result.rule.id],
            "kind": "open" if is_open else "fail",
            "level": "none" if is_open else LEVELS[result.severity],
            "message": {"text": _plain(text)},
        }

    def _location(self, studio_id: str, where: Evidence) -> Json:
        file = self.repository.file(studio_id, where)
        return {
            **(self._place(studio_id, file, where.line) if file else {}),
            "logicalLocations": [_logical(studio_id, where)],
        }

    def _related(self, studio_id: str, n: int, where: Evidence) -> Json:
        said = record(where, self.words) or self.words(f"logs.{where.log}")
        place = self._place(studio_id, where.file, where.line) if where.file else {}
        return {"id": n, **place, "logicalLocations": [_logical(studio_id, where)], "message": _message(said)}

    def _place(self, studio_id: str, file: str, line: int | None) -> Json:
        region = {"region": {"startLine": line}} if line else {}
        return {"physicalLocation": {"artifactLocation": self._file(studio_id, file), **region}}


def _logical(studio_id: str, where: Evidence) -> Json:
    """Studio, log, sheet and key of a record, as far as they are known."""
    key = "+".join(value for value in where.record.values() if value)
    names = [whole(part) for part in (studio_id, where.log, where.sheet, key) if part]
    kind = "record" if key else "log" if where.log else "studio"
    return {"name": names[-1], "fullyQualifiedName": "/".join(names), "kind": kind}


def _descriptor(name: str, text: str) -> Json:
    said = _message(text)
    return {"id": name, "shortDescription": said, "fullDescription": said, "help": said}


def _message(text: str) -> Json:
    return {"text": _plain(whole(text))}


def _plain(text: str) -> str:
    """Text in which a viewer sees no link: `[here](https://…)` is one in every message of SARIF."""
    return text.replace("](", "\\](")


def _or_none(text: str | None) -> str | None:
    return whole(text) if text else None
