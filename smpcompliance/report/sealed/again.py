"""What doing an audit again shows: the same files, the same results, the same pages."""

from collections.abc import Iterator, Sequence
from typing import Any

from smpcompliance import __version__
from smpcompliance.audit.finding import Audit, Input
from smpcompliance.report.json import as_data
from smpcompliance.report.pdf import report
from smpcompliance.report.pdf.opened import NotOpened, Opened, opened, same_content, same_tree
from smpcompliance.report.pdf.sealing import made_with
from smpcompliance.report.saved import Saved
from smpcompliance.report.sealed.compare import Difference, Inputs, compare_inputs, differences, of_studios
from smpcompliance.report.sealed.line import Line, Mark, line
from smpcompliance.report.sealed.seal import Seal, telling_of
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import Words

_KINDS = ("rule", "new", "gone", "changed", "moved", "rest")


def absent(saved: Saved, now: Audit) -> list[str]:
    """The studios of a report that were not handed in."""
    here = {studio.studio_id for studio in now.studios}
    return [studio.studio_id for studio in saved.report.studios if studio.studio_id not in here]


def _inputs(saved: Saved, inputs: Sequence[Input], away: Sequence[str]) -> Inputs:
    return compare_inputs([i for i in saved.report.inputs if i.studio_id not in away], inputs)


def logs(saved: Saved, inputs: Sequence[Input], away: Sequence[str], words: Words) -> Iterator[Line]:
    """Whether the files are those that the report names; `away` are studios that were not handed in."""
    if away:
        yield line("logs", "unproved", words("verify.logs.away", n=len(away)), away)
    found = _inputs(saved, inputs, away)
    if found.agree:
        yield line("logs", "equal", words("verify.logs.equal", n=found.equal))
    else:
        yield from _logs(found, words)
    if found.strangers:
        yield line("logs", "said", words("verify.logs.strangers", n=len(found.strangers)), found.strangers)


def _logs(found: Inputs, words: Words) -> Iterator[Line]:
    if found.equal:
        yield line("logs", "equal", words("verify.logs.some_equal", n=found.equal))
    if found.changed:
        yield line("logs", "differs", words("verify.logs.changed", n=len(found.changed)), found.changed)
    if found.missing:
        yield line("logs", "unproved", words("verify.logs.missing", n=len(found.missing)), found.missing)
    if found.new:
        yield line("logs", "differs", words("verify.logs.new", n=len(found.new)), found.new)


def findings(saved: Saved, now: Audit, words: Words) -> Iterator[Line]:
    """Whether the audit, done again, says the same; where files are missing, what differs proves nothing."""
    away = absent(saved, now)
    found = _differences(saved, now)
    version = saved.report.tool.version
    files = _inputs(saved, now.inputs, away)
    moved = [] if files.agree else [each for each in found if each.kind == "moved"]
    untold = [each.where for each in found if each.kind == "untold"]
    found = [each for each in found if each not in moved and each.kind != "untold"]
    if not found:
        count = sum(len(result.findings) for result in now.results)
        yield line("audit", "equal", words("verify.audit.equal", n=len(now.results), findings=count))
    if moved:
        yield line("audit", "said", words("verify.audit.moved", n=len(moved)), (_told(each, words) for each in moved))
    if untold:
        yield line("audit", "unproved", words("recalls.not_compared", n=len(untold)), untold)
    mark: Mark = "unproved" if files.missing else "differs"
    for kind in _KINDS:
        if some := [each for each in found if each.kind == kind]:
            yield line("audit", mark, words(f"verify.audit.{kind}", n=len(some)), (_told(e, words) for e in some))
    if found and mark == "unproved":
        yield line("audit", "said", words("verify.audit.missing"))
    if version != __version__:
        yield line("audit", "said", words("verify.audit.version", version=version, own=__version__))


def _differences(saved: Saved, now: Audit) -> list[Difference]:
    """In what the audits differ; of several studios those are compared that were handed in."""
    old, new = saved.data, as_data(now)
    if away := absent(saved, now):
        here = [studio.studio_id for studio in saved.report.studios if studio.studio_id not in away]
        old, new = of_studios(old, here), of_studios(new, here)
    return differences(old, new)


def _told(each: Difference, words: Words) -> str:
    if each.kind == "new":
        return words("verify.audit.one", where=each.where, text=each.now)
    if each.kind == "gone":
        return words("verify.audit.one", where=each.where, text=each.before)
    before, now = (text or words("verify.audit.nothing") for text in (each.before, each.now))
    return words("verify.audit.both", where=each.where, before=before, now=now)


def pages(found: Opened, seal: Seal | None, saved: Saved, now: Audit, previous: Saved | None, words: Words) -> Line:
    """Whether the pages, drawn again from the audit that was done again, are those of the report."""
    named = saved.data.get("previous")
    if absent(saved, now):
        return line("pages", "unproved", words("verify.pages.away"))
    if _differences(saved, now):
        return line("pages", "unproved", words("verify.pages.other_audit"))
    if not _inputs(saved, now.inputs, ()).agree:
        return line("pages", "unproved", words("verify.pages.other_files"))
    if named and (previous is None or previous.sha256 != seal_of(named)):
        return line("pages", "unproved", words("verify.pages.no_previous"))
    versions = {"smpcompliance": __version__, **made_with()}
    if seal is None or seal.body.made_with != versions:
        then = seal.body.made_with if seal else {}
        other = [f"{name} {then.get(name, '?')} → {version}" for name, version in versions.items()
                 if then.get(name) != version]  # fmt: skip
        return line("pages", "unproved", words("verify.pages.versions"), other)
    telling = telling_of(seal, previous if named else None)
    if telling is None:
        return line("pages", "unproved", words("verify.pages.telling"))
    return _drawn(found, now, telling, words)


def seal_of(named: Any) -> str:
    """The hash of the report that came before, as a report names it."""
    return str(named.get("sha256")) if isinstance(named, dict) else ""


def _drawn(found: Opened, now: Audit, telling: Telling, words: Words) -> Line:
    try:
        again = report(now, telling)
    except (FileNotFoundError, TypeError, ValueError):
        return line("pages", "unproved", words("verify.pages.telling"))
    if found.head == again:
        return line("pages", "equal", words("verify.pages.bytes", n=len(found.pages)))
    pages = opened(again).pages
    wrong = [n for n, (now_, then) in enumerate(zip(pages, found.pages, strict=False), 1) if now_ != then]
    if wrong or len(pages) != len(found.pages):
        names = [words("verify.file.page", page=n) for n in wrong]
        return line("pages", "differs", words("verify.pages.differ", n=len(wrong)), names)
    try:
        if found.head is None or not same_tree(found.head, again):
            return line("pages", "differs", words("verify.pages.tree"))
        if not same_content(found.head, again):
            return line("pages", "differs", words("verify.pages.around"))
    except NotOpened:
        return line("pages", "differs", words("verify.pages.around"))
    return line("pages", "equal", words("verify.pages.drawn", n=len(pages)))
