"""Which rulesets and rules the words of a command line name."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from smpcompliance.rules.rule import Rule
    from smpcompliance.rules.ruleset import Law, Ruleset


def chosen(law: "Law", what: Sequence[str], *, proofs: bool = False) -> "tuple[dict[str, Ruleset], list[Rule]]":
    """The rulesets and rules that some words name; with `proofs` the examples are read at once, with every mistake.

    Raises:
        click.UsageError: a word names nothing.
    """
    from smpcompliance.rules.ruleset import load_rulesets

    known = list(law.shelves)
    ids = {word.partition("/")[0] for word in what} or set(law.own or known)
    for id in sorted(ids - set(known)):
        if not any(c in id for c in "*?["):
            hint = f"; it is a folder: give it by --ruleset {id}" if (Path(id) / "ruleset.yaml").is_file() else ""
            raise click.UsageError(f"there is no ruleset {id!r}{hint}; known are {', '.join(known)}")
    ids = {k for k in known if any(fnmatchcase(k, id) for id in ids)}
    single = what[0] if len(what) == 1 and "/" in what[0] and not any(c in what[0] for c in "*?[") else None
    loaded = load_rulesets(law.shelves, sorted(ids), only=single, proofs=proofs)
    rules = [rule for id in sorted(ids) for rule in loaded[id].rules]
    picked = [rule for rule in rules if not what or any(_names(word, rule.id) for word in what)]
    for word in what:
        if not any(_names(word, rule.id) for rule in rules) and "/" in word:
            raise click.UsageError(f"{word!r} names no rule; `smpcompliance rules list` shows them all")
    return loaded, picked


def _names(word: str, id: str) -> bool:
    return fnmatchcase(id, word) if "/" in word else fnmatchcase(id.partition("/")[0], word)
