"""The words of a report, by language, from `templates/report/<language>.yaml`."""

import re
from functools import cache
from importlib import resources
from typing import Any

from smpcompliance.yamlio import parse

_NAME = re.compile(r"\{([a-z_]+)\}")


class Words:
    """The words of one language, by dotted key: `words("verdict.breached", failed=4, judged=61)`.

    An entry with `one` and `other` has two forms, chosen by the number given as `n`.
    """

    def __init__(self, language: str, data: dict[str, Any]) -> None:
        self.language, self._data = language, data

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key with the names in braces filled in; whole numbers are written as 4,812.

        Raises:
            KeyError: there is no such key, or a name in braces was not given.
        """
        found = self._at(key)
        if isinstance(found, dict):
            found = found["one" if values["n"] == 1 else "other"]
        return _NAME.sub(lambda name: _said(values[name[1]]), str(found))

    def several(self, key: str) -> tuple[str, ...]:
        """The entries of a list, as they stand."""
        return tuple(str(entry) for entry in self._at(key))

    def names(self, key: str) -> tuple[str, ...]:
        """The keys directly below a key."""
        return tuple(self._at(key))

    def _at(self, key: str) -> Any:
        found: Any = self._data
        for part in key.split("."):
            found = found[part]
        return found


def _said(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def languages() -> list[str]:
    """The languages that the report can speak."""
    folder = resources.files("smpcompliance.templates") / "report"
    return sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))


@cache
def load_words(language: str = "en") -> Words:
    """The words of a language.

    Raises:
        FileNotFoundError: the report has not been translated into it.
        SourceError: every mistake in the file.
    """
    file = resources.files("smpcompliance.templates") / "report" / f"{language}.yaml"
    return Words(language, parse(file.read_text("utf-8"), f"report/{language}.yaml").data)
