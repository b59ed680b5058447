"""Two audits side by side: the one inside a report, and the one that was done again."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from smpcompliance.audit.finding import Input
from smpcompliance.logs.intake.folder import NO_LOG, unknown_format
from smpcompliance.logs.intake.places.refused import ARCHIVE
from smpcompliance.report.saved import SavedInput

_LISTS = ("findings", "undecided", "coming")
_APART = {"tool", "previous", "inputs", "results"}
"""What is not compared here: what made the report, what came before it; inputs and results are told one by one."""

_LATER = {"recalls", "traceability"}
"""Parts that the first versions did not tell."""

_PLACE = {"file", "sheet", "line"}
"""Where something is written; what it says is the same on another line."""

_OF_ALL = {"rulesets", "waivers", "baseline", "counts"}


@dataclass(frozen=True)
class Inputs:
    """Files of the studios, compared by hash; each as `studio: file, sheet`.

    Attributes:
        strangers: files that are new and no logs: they change nothing.
    """

    equal: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    new: tuple[str, ...]
    strangers: tuple[str, ...]

    @property
    def agree(self) -> bool:
        """Whether the same logs were read."""
        return not (self.changed or self.missing or self.new)


def compare_inputs(old: Sequence[SavedInput], new: Sequence[Input]) -> Inputs:
    """Compares the files of a report with those that were read now, by studio, file and sheet."""
    before, now = _hashes((i, i.sheet or "") for i in old), _hashes((i, i.sheet) for i in new)
    strange = {_place(i, i.sheet) for i in new if _is_stranger(i)} - before.keys()
    both = before.keys() & now.keys()
    changed = {place for place in both if before[place] != now[place]}
    return Inputs(
        len(both) - len(changed),
        tuple(sorted(changed)),
        tuple(sorted(before.keys() - now.keys())),
        tuple(sorted(now.keys() - before.keys() - strange)),
        tuple(sorted(strange)),
    )


def known_inputs(old: Sequence[SavedInput], new: Sequence[Input]) -> tuple[Input, ...]:
    """The files that were read now, without those that are no logs and were not there before."""
    before = {_place(i, i.sheet or "") for i in old}
    return tuple(i for i in new if not _is_stranger(i) or _place(i, i.sheet) in before)


def _is_stranger(source: Input) -> bool:
    return source.log is None and source.remarks[:1] in ((NO_LOG,), (ARCHIVE,), (unknown_format(source.file),))


def _place(source: Input | SavedInput, sheet: str) -> str:
    return ", ".join(part for part in (f"{source.studio_id}: {source.file}", sheet) if part)


def _hashes(inputs: Iterable[tuple[Input | SavedInput, str]]) -> dict[str, list[tuple[str, str]]]:
    """Place → hash and log of what lies there; one file may come twice, for two logs."""
    found: dict[str, list[tuple[str, str]]] = {}
    for source, sheet in inputs:
        found.setdefault(_place(source, sheet), []).append((source.sha256, source.log or ""))
    return {place: sorted(each) for place, each in found.items()}


@dataclass(frozen=True)
class Difference:
    """Something that is not the same in both audits.

    Attributes:
        kind: `rule` its status or numbers; `new`, `gone`, `changed` a finding or an open case, `moved` one that only
            stands elsewhere now; `rest` another part; `untold` one that cannot be compared: the recalls of the
            list of another version, or what that version did not tell yet.
        where: studio and rule, or the part.
        before, now: what stands in the report, and what was found; empty where there is nothing.
    """

    kind: str
    where: str
    before: str
    now: str


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Everything in which two audits differ, inputs apart (JSON reports as plain data; the first may be anybody's)."""
    first, second = _by_rule(old), _by_rule(new)
    found: list[Difference] = []
    for where in sorted(first.keys() | second.keys()):
        found += _rule(where, first.get(where, {}), second.get(where, {}))
    for part in sorted((old.keys() | new.keys()) - _APART):
        if _is_untold(part, old, new):
            found.append(Difference("untold", part, "", ""))
        elif old.get(part) != new.get(part):
            is_moved = part == "unreadable" and _unplaced(old.get(part)) == _unplaced(new.get(part))
            found.append(Difference("moved" if is_moved else "rest", part, *_parted(old.get(part), new.get(part))))
    return found


def _is_untold(part: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a part is missing in the report of another version, or rests on the list of recalls that came with it."""
    versions = (_within(found, "tool", "version") for found in (old, new))
    if part not in _LATER or next(versions) == next(versions):
        return False
    if part not in old:
        return True
    lists = (_within(found, "recalls", "list", "sha256") for found in (old, new))
    return part == "recalls" and bool(next(lists) != next(lists))


def _within(data: Any, *names: str) -> Any:
    """What stands under some names, one within the other; None where there is nothing."""
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def of_studios(data: Mapping[str, Any], studios: Collection[str]) -> dict[str, Any]:
    """What an audit says of some of its studios; what it says of all together is left out."""
    whole = {name: value for name, value in data.items() if name not in _OF_ALL}
    parts = {name: _entries_of(value, studios) for name, value in whole.items()}
    if isinstance(recalls := whole.get("recalls"), dict):
        parts["recalls"] = {name: _entries_of(value, studios) for name, value in recalls.items()}
    return parts


def _entries_of(found: Any, studios: Collection[str]) -> Any:
    """The entries of a list that are of these studios or of none; anything else as it is."""
    if not isinstance(found, list):
        return found
    return [each for each in found if not isinstance(each, dict) or each.get("studio_id") in (None, *studios)]


def _by_rule(data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Studio and rule → its result; a second one of the same rule, which no audit has, stands by itself."""
    results = data.get("results")
    found: dict[str, dict[str, Any]] = {}
    for result in results or []:
        if isinstance(result, dict):
            where = f"{result.get('studio_id')}: {result.get('rule')}"
            found[where if where not in found else f"{where} ({len(found) + 1})"] = result
    return found


def _rule(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    names = [name for name in (*old, *(n for n in new if n not in old)) if name not in _LISTS]
    told = [name for name in names if old.get(name) != new.get(name)]
    if told:
        yield Difference("rule", where, _values(old, told), _values(new, told))
    for part in _LISTS:
        yield from _findings(where, old.get(part), new.get(part))


def _findings(where: str, old: Any, new: Any) -> Iterator[Difference]:
    """Findings that are not in both; one of the same fingerprint, or of the same place and words, has changed."""
    before, now = _counted(old), _counted(new)
    gone, come = list((before - now).elements()), list((now - before).elements())
    for named in (_fingerprint, _said):
        waiting: dict[str, list[str]] = {}
        for text in come:
            waiting.setdefault(named(text), []).append(text)
        left = []
        for text in gone:
            if others := waiting.get(named(text)):
                yield _changed(where, json.loads(text), json.loads(others.pop()))
            else:
                left.append(text)
        gone, come = left, [text for texts in waiting.values() for text in texts]
    yield from (Difference("gone", where, _said(text), "") for text in gone)
    yield from (Difference("new", where, "", _said(text)) for text in come)


def _changed(where: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Difference:
    told = [name for name in was if was.get(name) != now.get(name)]
    message = str(was.get("message"))
    kind = "moved" if _unplaced(was) == _unplaced(now) else "changed"
    return Difference(kind, where, f"{message}: {_values(was, told)}", _values(now, told))


def _unplaced(found: Any) -> Any:
    """Findings without the places in files where they are written."""
    if isinstance(found, list):
        return sorted(map(_unplaced, found), key=_short)
    if isinstance(found, dict):
        return {name: _unplaced(value) if name == "related" else value
                for name, value in found.items() if name not in _PLACE}  # fmt: skip
    return found


def _values(found: Mapping[str, Any], names: Iterable[str]) -> str:
    return ", ".join(f"{name} {_short(found.get(name))}" for name in names) if found else ""


def _counted(found: Any) -> Counter[str]:
    return Counter(json.dumps(each, sort_keys=True) for each in (found if isinstance(found, list) else []))


def _fingerprint(text: str) -> str:
    found = json.loads(text)
    return str(found.get("fingerprint")) if isinstance(found, dict) else ""


def _said(text: str) -> str:
    found = json.loads(text)
    if not isinstance(found, dict):
        return _short(found)
    place = ":".join(str(found[name]) for name in ("file", "line") if found.get(name) is not None)
    return " ".join(part for part in (place, str(found.get("message"))) if part)


def _parted(old: Any, new: Any) -> tuple[str, str]:
    """What only the one has, and what only the other; of lists the entries."""
    if isinstance(old, list) and isinstance(new, list):
        before, now = _counted(old), _counted(new)
        return "; ".join(sorted((before - now).elements())), "; ".join(sorted((now - before).elements()))
    return _short(old), _short(new)


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
