"""Where rulesets lie: those that come with the program, and those that a user keeps elsewhere. Nothing is read here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from smpcompliance.yamlio import Problem, SourceError

Library = Mapping[str, Traversable]
"""The id of each ruleset → its folder."""


def packaged() -> Traversable:
    """The folder of rulesets that comes with the program."""
    return resources.files("smpcompliance.rulesets")


def library(root: Traversable, own: Sequence[Path] = ()) -> Library:
    """All rulesets that can be had, by id: those below a folder, and further ones that a user keeps elsewhere.

    Args:
        root: a folder that holds one folder per ruleset.
        own: folders with a `ruleset.yaml` each; the folder's name is the id.

    Raises:
        SourceError: a folder holds no ruleset, or its name is taken.
    """
    found = {f.name: f for f in root.iterdir() if f.is_dir() and (f / "ruleset.yaml").is_file()}
    problems = []
    for folder in own:
        id = folder.resolve().name
        if not (folder / "ruleset.yaml").is_file():
            problems.append(Problem(str(folder), 1, 1, "there is no ruleset.yaml in this folder"))
        elif id in found:
            text = f"there is a ruleset {id} already; give the folder another name"
            problems.append(Problem(str(folder), 1, 1, text))
        else:
            found[id] = folder
    if problems:
        raise SourceError(problems)
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Law:
    """Where the law lies that is worked with.

    Attributes:
        shelves: id → folder of each ruleset.
        own: the ids of those that the user keeps elsewhere.
    """

    shelves: Library
    own: tuple[str, ...] = ()


def law_at(root: Path | None = None, own: Sequence[Path] = ()) -> Law:
    """The rulesets below a folder, by default those that come with the program, and further ones of the user's own.

    Raises:
        SourceError: a folder holds no ruleset, or its name is taken.
    """
    return Law(library(root or packaged(), own), tuple(folder.resolve().name for folder in own))


def rule_files(folder: Traversable) -> list[Traversable]:
    """The files of a ruleset's own rules."""
    return [file for file in folder.iterdir() if file.name.endswith(".yaml") and file.name != "ruleset.yaml"]
