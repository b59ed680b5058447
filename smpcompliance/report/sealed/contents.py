"""What a report says of itself: whether all is inside, and as it was sealed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice

from smpcompliance import __version__
from smpcompliance.report.pdf.opened import Opened
from smpcompliance.report.saved import Saved, read_saved
from smpcompliance.report.schema import audit_schema
from smpcompliance.report.sealed import law, seal
from smpcompliance.report.sealed.form import misfits
from smpcompliance.report.sealed.law import NoLaw, Texts
from smpcompliance.report.sealed.line import Line, line
from smpcompliance.report.sealed.seal import NoSeal, Seal
from smpcompliance.report.words import Words
from smpcompliance.rules.ruleset import Library, Ruleset
from smpcompliance.yamlio import SourceError

AUDIT = "audit.json"
INSIDE = (AUDIT, law.FILE, seal.FILE)
_MOST_PLACES = 1000


class NoReport(Exception):
    """A PDF that is no report of this program."""


@dataclass(frozen=True)
class Contents:
    """What was found inside; each None where it is missing or cannot be read."""

    audit: Saved | None
    seal: Seal | None
    texts: Texts | None


def contents(found: Opened) -> Contents:
    """Reads what is inside.

    Raises:
        NoReport: nothing of it is a report's.
    """
    inside = found.attachments
    if not any(name in inside for name in INSIDE) and found.head is None:
        raise NoReport
    try:
        audit = read_saved(inside[AUDIT], AUDIT) if AUDIT in inside else None
    except SourceError:
        audit = None
    try:
        sealed = seal.read_seal(inside[seal.FILE]) if seal.FILE in inside else None
    except NoSeal:
        sealed = None
    try:
        texts = law.unpacked(inside[law.FILE]) if law.FILE in inside else None
    except NoLaw:
        texts = None
    if audit is None and sealed is None and found.head is None:
        raise NoReport
    return Contents(audit, sealed, texts)


def itself(found: Opened, inside: Contents, words: Words) -> Iterator[Line]:
    """Whether a report is as it was made."""
    yield _present(found, words)
    if AUDIT in found.attachments:
        yield _form(inside.audit, words)
    yield _whole(found, words)
    if inside.seal:
        yield from _seal(found, inside.seal, inside.audit, words)
    elif seal.FILE in found.attachments:
        yield line("file", "differs", words("verify.file.seal_unreadable", file=seal.FILE))
    if found.printed is None:
        yield line("file", "unproved", words("verify.file.not_printed", file=AUDIT))
    else:
        key = "printed" if found.printed else "printed_other"
        yield line("file", "equal" if found.printed else "differs", words(f"verify.file.{key}", file=AUDIT))


def _present(found: Opened, words: Words) -> Line:
    missing = [name for name in INSIDE if name not in found.attachments]
    if missing:
        return line("file", "differs", words("verify.file.missing", n=len(missing)), missing)
    return line("file", "equal", words("verify.file.present", files=words.series(INSIDE)))


def _form(audit: Saved | None, words: Words) -> Line:
    if audit is None:
        return line("file", "differs", words("verify.file.no_form", file=AUDIT))
    version = audit.report.tool.version
    if version != __version__:
        return line("file", "equal", words("verify.file.old_form", file=AUDIT, version=version, own=__version__))
    places = [place.removeprefix(".") for place in islice(misfits(audit.data, audit_schema()), _MOST_PLACES)]
    if places:
        return line("file", "differs", words("verify.file.misfits", file=AUDIT, n=len(places)), places)
    return line("file", "equal", words("verify.file.form", file=AUDIT))


def _whole(found: Opened, words: Words) -> Line:
    if found.head is None:
        return line("file", "differs", words("verify.file.rewritten"))
    if not found.more:
        return line("file", "equal", words("verify.file.whole"))
    if not found.same_after:
        return line("file", "differs", words("verify.file.changed_after", n=found.more))
    if not found.fields:
        return line("file", "differs", words("verify.file.appended", n=found.more))
    return line("file", "equal", words("verify.file.extended", n=found.more))


def _seal(found: Opened, sealed: Seal, audit: Saved | None, words: Words) -> Iterator[Line]:
    if not sealed.is_whole:
        yield line("file", "differs", words("verify.file.seal_broken", file=seal.FILE))
    now = {name: sha256(data).hexdigest() for name, data in found.attachments.items() if name != seal.FILE}
    wrong = sorted(n for n in now.keys() | sealed.attachments.keys() if now.get(n) != sealed.attachments.get(n))
    if wrong:
        yield line("file", "differs", words("verify.file.attachments_differ", n=len(wrong)), wrong)
    else:
        yield line("file", "equal", words("verify.file.attachments", n=len(now)))
    yield _pages(found.pages, sealed, words)
    if audit and not _agrees(audit, sealed):
        yield line("file", "differs", words("verify.file.seal_of_another", file=seal.FILE, audit=AUDIT))


def _pages(pages: tuple[str, ...], sealed: Seal, words: Words) -> Line:
    wrong = [n for n, (now, then) in enumerate(zip(pages, sealed.body.pages, strict=False), 1) if now != then]
    if len(pages) != len(sealed.body.pages):
        text = words("verify.file.pages_count", now=len(pages), sealed=len(sealed.body.pages))
        return line("file", "differs", text)
    if wrong:
        names = [words("verify.file.page", page=n) for n in wrong]
        return line("file", "differs", words("verify.file.pages_differ", n=len(wrong)), names)
    return line("file", "equal", words("verify.file.pages", n=len(pages)))


def _agrees(audit: Saved, sealed: Seal) -> bool:
    previous = audit.data.get("previous")
    before = previous.get("sha256") if isinstance(previous, dict) else None
    named = [(r.id, r.sha256) for r in audit.report.rulesets]
    return named == [(r.id, r.sha256) for r in sealed.body.rulesets] and before == sealed.body.previous


def rules(
    inside: Contents, shelves: Library, read: Mapping[str, Ruleset], is_asked: bool, words: Words
) -> Iterator[Line]:
    """Whether the rules inside are those that the audit names, and those that we know.

    Args:
        inside: what the report holds.
        shelves: the rulesets that it is compared with.
        read: those of them that the report names.
        is_asked: the user named these; otherwise they are the program's own, and another version may have others.
    """
    if inside.audit is None or inside.texts is None:
        yield line("law", "unproved", words("verify.law.none", file=law.FILE))
        return
    named = {r.id: r.sha256 for r in inside.audit.report.rulesets}
    wrong = sorted(id for id in named.keys() | inside.texts.keys()
                   if named.get(id) != law.hash_of(inside.texts.get(id, {})))  # fmt: skip
    if wrong:
        yield line("law", "differs", words("verify.law.differ", n=len(wrong)), wrong)
    else:
        yield line("law", "equal", words("verify.law.equal", n=len(named)), sorted(named))
    which = "asked" if is_asked else "own"
    for id in sorted(inside.texts):
        if id not in shelves:
            yield line("law", "unproved", words(f"verify.law.unknown_{which}", id=id))
            continue
        other = read[id].files if id in read else {}
        files = sorted(n for n in other.keys() | inside.texts[id].keys() if other.get(n) != inside.texts[id].get(n))
        if files:
            mark = "differs" if is_asked else "unproved"
            yield line("law", mark, words(f"verify.law.other_{which}", id=id, n=len(files)), files)  # type: ignore[arg-type]
        else:
            yield line("law", "equal", words(f"verify.law.same_{which}", id=id))
