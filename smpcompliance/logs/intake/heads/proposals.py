"""What doctor proposes for a studio's own file: heads and logs that are only near, to be confirmed by the owner.

Proposals stand under `proposed` and `proposed_log`, which nothing reads. The owner's comments, order and quotes stay.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from smpcompliance.logs.schema import normal
from smpcompliance.logs.studio import FileReading, Studio, read_studio
from smpcompliance.yamlio import SourceError

COMMENT = "proposed by doctor: move under columns to use"
LOG_COMMENT = "proposed by doctor: rename to log to use"
_ENDLESS = 1 << 20  # columns: lines of the owner are never broken


@dataclass(frozen=True)
class Proposal:
    """Where the cells under a head may go, or (without a head) which log a file may be.

    Attributes:
        file: as the studio's own file names it.
        sheet: of a workbook; else empty.
        head: as written; empty where the log is proposed.
        place: what the studio would write: a target, or the name of a log.
        about: what the column is about, in words.
    """

    file: str
    sheet: str
    head: str
    place: str
    about: str = field(default="", compare=False)


def open_proposals(studio: Studio, found: Iterable[Proposal]) -> list[Proposal]:
    """Those proposals of which the studio's own file says nothing yet."""
    return [each for each in found if not _stands(studio.files.get(each.file), each)]


def _stands(reading: FileReading | None, proposal: Proposal) -> bool:
    if reading is None:
        return False
    for said in (reading, reading.of_sheet(proposal.sheet)):
        if not proposal.head and (said.log or said.proposed_log):
            return True
        if normal(proposal.head) in map(normal, (*said.columns, *said.proposed)):
            return True
    return False


def waiting(studio: Studio) -> list[Proposal]:
    """The proposals that stand in the studio's own file and wait for the owner."""
    out = []
    for file, reading in studio.files.items():
        for sheet, said in (("", reading), *reading.sheets.items()):
            if said.proposed_log and not said.log:
                out.append(Proposal(file, sheet, "", said.proposed_log))
            for head, places in said.proposed.items():
                text = places if isinstance(places, str) else ", ".join(places)
                out.append(Proposal(file, sheet, head, text))
    return out


def with_proposals(text: str, found: Sequence[Proposal]) -> tuple[str, list[Proposal]]:
    """A studio's own file with proposals beside what stands there.

    Args:
        text: the file as it is, empty where there is none.
        found: the proposals.

    Returns:
        The new text, and the proposals that were put into it. A proposal that would change how a file is read, or that
        cannot be added without touching what stands, is left out.
    """
    written: list[Proposal] = []
    studio = _read(text)
    for proposal in open_proposals(studio, found):
        longer = _added(text, studio, proposal)
        if longer is not None and _reads_alike(text, longer, studio, proposal):
            text, studio = longer, _read(longer)
            written.append(proposal)
    return text, written


def _read(text: str) -> Studio:
    return read_studio(text.removeprefix("\ufeff"), "studio.yaml", "studio")


def _added(text: str, studio: Studio, proposal: Proposal) -> str | None:
    """The text with one proposal more; None where what stands there is no place for it."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.util import load_yaml_guess_indent

    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, _ENDLESS
    try:
        _, indent, offset = load_yaml_guess_indent(plain, yaml=yaml)
        data = yaml.load(plain)
    except YAMLError:
        return None
    if indent:
        yaml.indent(mapping=2, sequence=indent, offset=offset or 0)
    if data is None:
        data, plain = CommentedMap(), plain and plain.rstrip("\n") + "\n"
    at, depth = data, 0
    for key in ("files", *_way(studio, proposal)):
        if key not in at or at[key] is None:
            at[key] = CommentedMap()
        at, depth = at[key], depth + 1
        if not isinstance(at, CommentedMap):
            return None
    key, value, comment = (
        ("proposed", None, COMMENT) if proposal.head else ("proposed_log", proposal.place, LOG_COMMENT)
    )
    if key not in at:
        at[key] = value if value is not None else CommentedMap()
        if not at.fa.flow_style():
            at.yaml_set_comment_before_after_key(key, before=comment, indent=2 * depth)
    if proposal.head:
        head = _quoted(proposal.head)
        at[key][head] = proposal.place
        if proposal.about and not at[key].fa.flow_style() and not at.fa.flow_style():
            at[key].yaml_add_eol_comment(proposal.about, head)
    out = io.StringIO()
    yaml.dump(data, out)
    longer = out.getvalue() if _has_content(plain) else plain + out.getvalue()
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    return mark + (longer.replace("\n", "\r\n") if "\r\n" in text else longer)


def _has_content(plain: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in plain.splitlines())


def _quoted(head: str) -> Any:
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    return DoubleQuotedScalarString(head)


def _way(studio: Studio, proposal: Proposal) -> tuple[str, ...]:
    """The keys below `files` to where a proposal stands; what is said of a whole file holds for its sheets too."""
    said = studio.files.get(proposal.file)
    whole = said is not None and proposal.sheet not in said.sheets and _without_proposals(said) != FileReading()
    if not proposal.sheet or (whole and said is not None and said.sheet in (None, proposal.sheet)):
        return (proposal.file,)
    return (proposal.file, "sheets", proposal.sheet)


def _reads_alike(before: str, after: str, studio: Studio, proposal: Proposal) -> bool:
    """Whether everything but the proposals stays as it was, and all comments are still there."""
    try:
        new = _read(after)
    except SourceError:
        return False
    places = {(file, sheet) for file, said in studio.files.items() for sheet in ("", *said.sheets)}
    for file, sheet in {*places, (proposal.file, proposal.sheet)}:
        old_said, new_said = (s.files.get(file, FileReading()).of_sheet(sheet) for s in (studio, new))
        if _without_proposals(old_said) != _without_proposals(new_said):
            return False
    comments = [line.strip() for line in before.splitlines() if line.lstrip().startswith("#")]
    kept = [line.strip() for line in after.splitlines()]
    same = studio.__dict__ | {"files": 0, "source": 0} == new.__dict__ | {"files": 0, "source": 0}
    return same and all(comment in kept for comment in comments)


def _without_proposals(said: FileReading) -> FileReading:
    return said.model_copy(update={"proposed": {}, "proposed_log": None, "sheets": {}})
