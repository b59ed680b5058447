"""JUnit XML: one suite per studio, one case per rule, for whatever shows tests (Jenkins, GitLab, Azure, CircleCI).

A case is red where an audit with the usual `--fail-on minor` does not end with 0: a duty is breached (failure), a duty
could not be judged or a check broke (error). It is skipped where a rule does not apply, is a question for the visit, is
advice that could not be judged, or where every breach is waived. Advice that is not followed passes and says so. One
more case per studio says whether every line of its files is a record, for a line left out may be the one that breaches
a duty.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from smpcompliance.audit.finding import Audit, Finding, RuleResult
from smpcompliance.logs.studio import Studio
from smpcompliance.report.points import cited, found_lines, left_out, listed_open, stays_open, unreadable, whole, why
from smpcompliance.report.reasons import reason
from smpcompliance.report.repository import Repository
from smpcompliance.report.sections.opening import total
from smpcompliance.report.telling import TOLD, Telling
from smpcompliance.report.words import Words, load_words

RED = ("failure", "error")


def report(audit: Audit, telling: Telling = TOLD) -> bytes:
    """The JUnit report of an audit, UTF-8; every finding is listed, and `telling` chooses only the language."""
    words = load_words(telling.language)
    root = Element("testsuites", name="smpcompliance")
    repository = Repository.of(audit)
    for studio in audit.studios:
        root.append(_suite(audit, studio, repository, words))
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    root.set("time", "0")
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suite(audit: Audit, studio: Studio, repository: Repository, words: Words) -> Element:
    cases = [_case(result, repository, words) for result in audit.of(studio.studio_id)]
    cases.append(_lines(audit, studio, repository, words))
    kinds = [child.tag for case in cases for child in case]
    suite = Element("testsuite", name=whole(studio.studio_id), tests=str(len(cases)))
    for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(kinds.count(kind)))
    suite.set("time", "0")
    suite.set("timestamp", f"{audit.as_of.isoformat()}T00:00:00")
    properties = SubElement(suite, "properties")
    for name, value in _properties(audit, studio):
        SubElement(properties, "property", name=name, value=whole(value))
    suite.extend(cases)
    return suite


def _properties(audit: Audit, studio: Studio) -> Iterator[tuple[str, str]]:
    yield "studio", studio.name
    yield "period", f"{audit.period.first.isoformat()}/{audit.period.last.isoformat()}"
    yield "as_of", audit.as_of.isoformat()
    yield "version", audit.version
    for ruleset in audit.rulesets:
        if ruleset.id in audit.chains[studio.studio_id]:
            yield f"ruleset {whole(ruleset.id)}", f"sha256:{ruleset.sha256}"


def _case(result: RuleResult, repository: Repository, words: Words) -> Element:
    rule = result.rule
    name = whole(f"{rule.id}: {rule.title}")
    case = Element("testcase", classname=whole(f"{result.studio_id}.{rule.ruleset}"), name=name, time="0")
    tag, kind, message = _outcome(result, words)
    text = "\n".join(_text(result, repository, words))
    if tag in RED:
        SubElement(case, tag, type=kind, message=whole(message)).text = text
    elif tag:
        SubElement(case, tag, message=whole(message)).text = text
    elif text:
        SubElement(case, "system-out").text = "\n".join((whole(message), text))
    return case


def _outcome(result: RuleResult, words: Words) -> tuple[str, str, str]:
    """The element that says how a rule ended ("" where it passes), its type, and the message."""
    is_duty, open_ = result.severity != "advice", stays_open(result)
    if result.status == "error":
        return "error", "check-broke", why(result, words)
    if is_duty and result.failed > result.waived:
        return "failure", result.severity, total(result, words)
    if open_ and is_duty:
        said = words("pipelines.open", why=why(result, words))
        return "error", "not-judged", " ".join([total(result, words)] * bool(result.failed) + [said])
    if result.failed:
        return "skipped" if is_duty else "", "waived", total(result, words)
    if open_:
        return "skipped", "not-judged", words("pipelines.open", why=why(result, words))
    return ("", "", "") if result.status == "pass" else ("skipped", result.status, reason(result, words) or "")


def _text(result: RuleResult, repository: Repository, words: Words) -> Iterator[str]:
    """Everything there is to say of a rule that is not simply met: the law, each finding, what to do."""
    if result.status == "pass":
        return
    yield cited(result.rule)
    listed = listed_open(result)
    for finding in (*result.findings, *listed):
        yield _found(finding, result.studio_id, repository, words)
    if stays_open(result, listed):
        yield whole(words("pipelines.open", why=why(result, words)))
    if result.failed and result.rule.remedy:
        yield whole(f"{words('breaches.remedy')} {result.rule.remedy}")


def _found(finding: Finding, studio_id: str, repository: Repository, words: Words) -> str:
    where = finding.where
    file = repository.file(studio_id, where)
    place = f"{repository.path(studio_id, file)}:{where.line or 1}: " if file else ""
    first, *more = found_lines(finding, words)
    return "\n    ".join((place + first, *more))


def _lines(audit: Audit, studio: Studio, repository: Repository, words: Words) -> Element:
    case = Element("testcase", classname=whole(f"{studio.studio_id}.files"), name=words("pipelines.lines"), time="0")
    told = [
        f"{repository.path(studio_id, place.file)}:{place.line}: {unreadable(place, words)}"
        for studio_id, place in audit.unreadable
        if studio_id == studio.studio_id
    ]
    if any(left_out(audit, studio.studio_id)):
        message = words("verdict.unreadable", n=len(told))
        SubElement(case, "error", type="line-left-out", message=message).text = "\n".join(told)
    elif told:
        SubElement(case, "system-out").text = "\n".join(told)
    return case
