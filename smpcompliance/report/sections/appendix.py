"""The pages behind the findings: what could not be read, every rule, questions, files, sources, and the method."""

from collections import Counter

from smpcompliance.audit.finding import Audit, Input, RuleResult
from smpcompliance.checks.attest import Attest
from smpcompliance.logs.intake.raw import Unreadable
from smpcompliance.logs.studio import Studio
from smpcompliance.report.page import Block, Cell, Facts, Heading, Item, Items, Table, Text, Tone
from smpcompliance.report.reasons import cause
from smpcompliance.report.sections.breaches import cited
from smpcompliance.report.sections.places import LISTED, line
from smpcompliance.report.sections.recalls import list_of_recalls
from smpcompliance.report.tally import Standing, in_order_of_law, standing, worst_first
from smpcompliance.report.telling import Telling
from smpcompliance.report.words import WRITTEN_IN, Words
from smpcompliance.rules.ruleset import Ruleset

_TONES: dict[Standing, Tone] = {"fail": "critical", "error": "critical", "open": "open", "pass": "good"}


def unread(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """Cells and lines that could not be read."""
    found = [place for id, place in audit.unreadable if id == studio.studio_id]
    out: list[Block] = [Heading(2, words("unreadable.title"))]
    if not found:
        return [*out, Text(words("unreadable.none"))]
    rows = tuple(_unread(place, words) for place in found[:LISTED])
    heads = tuple(words(f"unreadable.heads.{name}") for name in ("place", "text", "reason"))
    table = Table(heads, rows, (34, 30, 36), about=words("unreadable.about"))
    more = [Text(words("unreadable.cut", shown=LISTED, n=len(found)), "note")] if len(found) > LISTED else []
    return [*out, Text(words("unreadable.intro")), table, *more]


def _unread(place: Unreadable, words: Words) -> tuple[Cell, Cell, Cell]:
    where = line(place.file, place.sheet, place.line, words)
    column = words("place.column", column=place.column) if place.column else words("unreadable.line")
    return Cell(where, (column,)), Cell(place.text or words("unreadable.blank")), Cell(place.reason)


def every_rule(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """All rules of a studio with status and denominators."""
    results = list(audit.of(studio.studio_id))
    if telling.edition == "inspector":
        results = in_order_of_law(results, audit.chains[studio.studio_id])
    out: list[Block] = [Heading(2, words("rules.title"))]
    if not results:
        return [*out, Text(words("rules.none"))]
    heads = tuple(words(f"rules.heads.{n}") for n in ("rule", "citation", "status", "examined", "failed", "unknown"))
    rows = tuple(_rule(result, words) for result in results)
    table = Table(heads, rows, (36, 21, 22, 7, 7, 7), frozenset({3, 4, 5}), named=True, about=words("rules.about"))
    return [*out, Text(words("rules.intro")), table]


def _rule(result: RuleResult, words: Words) -> tuple[Cell, ...]:
    place, rule = standing(result), result.rule
    key = "visit" if place == "visit" else str(result.status)
    if result.severity == "advice":
        key = {"fail": "not-followed", "pass": "followed"}.get(key, key)
    counted = place in ("fail", "open", "pass")
    numbers = [words.number(n) if counted else "–" for n in (result.examined, result.failed, result.unknown)]
    tone = "advice" if key == "not-followed" else _TONES.get(place, "plain")
    basis = words(f"basis_short.{rule.basis}")
    fine = (cause(result, words),) if result.cause and place in ("error", "away") else ()
    return (
        Cell(rule.title, (f"{words(f'severity.{result.severity}')} · {rule.id}",)),
        Cell(rule.citation.text, (basis,) if basis else ()),
        Cell(words(f"status.{key}"), fine, strong=key in ("fail", "error"), tone=tone),
        *map(Cell, numbers),
    )


def visit(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """The questions that only a visit can answer, with boxes."""
    asked = worst_first(r for r in audit.of(studio.studio_id) if standing(r) == "visit")
    out: list[Block] = [Heading(2, words("visit.title"))]
    if not asked:
        return [*out, Text(words("visit.none"))]
    return [*out, Text(words("visit.intro")), Items(tuple(_question(r, words) for r in asked), "box")]


def _question(result: RuleResult, words: Words) -> Item:
    check = result.rule.versions[-1].check
    ask = check.ask if isinstance(check, Attest) else result.rule.title
    return Item(ask, result.rule.remedy, f"{words(f'severity.{result.severity}')} · {cited(result, words)}")


def files(audit: Audit, studio: Studio, telling: Telling, words: Words) -> list[Block]:
    """The files that were read, with their hashes."""
    inputs = [i for i in audit.inputs if i.studio_id == studio.studio_id]
    out: list[Block] = [Heading(2, words("files.title"))]
    if not inputs:
        return [*out, Text(words("files.none"))]
    heads = tuple(words(f"files.heads.{name}") for name in ("file", "log", "rows"))
    rows = tuple(_file(i, words) for i in inputs)
    table = Table(heads, rows, (66, 24, 10), frozenset({2}), named=True, about=words("files.about"))
    return [*out, Text(words("files.intro")), table]


def _file(source: Input, words: Words) -> tuple[Cell, ...]:
    log = words(f"logs.{source.log}") if source.log else words("files.no_log")
    hashed = (words("files.hash", hash=source.sha256),) if source.sha256 else ()
    fine = (*hashed, *source.remarks)
    name = words("place.sheet", file=source.file, sheet=source.sheet) if source.sheet else source.file
    return Cell(name, fine), Cell(log), Cell(words.number(source.rows))


def sources(audit: Audit, words: Words) -> list[Block]:
    """How the source of each rule was read, and the sources of every ruleset."""
    rules = {result.rule.id: result.rule for result in audit.results}
    failed = {result.rule.id for result in audit.results if result.status == "fail"}
    every = Counter(rule.basis for rule in rules.values())
    missed = Counter(rule.basis for id, rule in rules.items() if id in failed)
    heads = tuple(words(f"sources.heads.{name}") for name in ("basis", "rules", "findings"))
    rows = tuple((Cell(words(f"basis_long.{b}")), Cell(words.number(every[b])), Cell(words.number(missed[b])))
                 for b in ("text", "excerpt", "secondary"))  # fmt: skip
    table = Table(heads, rows, (64, 14, 22), frozenset({1, 2}), named=True, about=words("sources.about"))
    out: list[Block] = [Heading(2, words("sources.title")), Text(words("sources.intro")), table]
    for ruleset in audit.rulesets:
        out += _ruleset(ruleset, words)
    return out


def _ruleset(ruleset: Ruleset, words: Words) -> list[Block]:
    title = words("sources.ruleset", name=ruleset.name, id=ruleset.id)
    facts = Facts(
        (
            (words("sources.instrument"), ruleset.instrument.strip()),
            (words("sources.authority"), ruleset.authority.strip()),
            (words("sources.files_label"), words("sources.files", n=len(ruleset.rules), hash=ruleset.sha256)),
        )
    )
    left_out = _omissions(ruleset, title, words)
    if not ruleset.sources:
        return [Heading(3, title), facts, Text(words("sources.none")), *left_out]
    known = words.names("sources.read")
    rows = tuple(
        (
            Cell(s.title, tuple(part for part in (s.url, s.note) if part)),
            Cell(words(f"sources.read.{s.read}") if s.read in known else words("sources.read_other", read=s.read)),
        )
        for s in ruleset.sources
    )
    heads = tuple(words(f"sources.heads_sources.{name}") for name in ("title", "read"))
    read = Table(heads, rows, (76, 24), about=words("sources.about_sources", ruleset=title))
    return [Heading(3, title), facts, read, *left_out]


def _omissions(ruleset: Ruleset, title: str, words: Words) -> list[Block]:
    """The rules of its parents that do not hold under a ruleset, with the reason."""
    if not ruleset.omits:
        return []
    heads = tuple(words(f"sources.heads_omits.{name}") for name in ("rule", "because"))
    rows = tuple((Cell(o.rule), Cell(o.because, (o.citation,))) for o in ruleset.omits)
    about = words("sources.about_omits", ruleset=title)
    return [Text(words("sources.omits")), Table(heads, rows, (38, 62), about=about)]


def method(audit: Audit, words: Words) -> list[Block]:
    """What the words of the report mean, what it cannot know, and what made it."""
    named = [n for n in words.names("method.points") if n != "own_words" or words.language != WRITTEN_IN]
    points = tuple(Item(*words.several(f"method.points.{name}")) for name in named)
    made = words("method.made", version=audit.version)
    listed = list_of_recalls(audit, words)
    return [Heading(2, words("method.title")), Items(points), Text(listed, "note"), Text(made, "note")]
