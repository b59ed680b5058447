"""The words of a report, by language, from `templates/report/<language>.yaml`.

The law and the files of a studio have words of their own, which are never translated: titles, messages and remedies of
rules, how a check says itself, the arithmetic of a finding, remarks on files, reasons why a cell cannot be read, names
of columns and fields. They are English (`WRITTEN_IN`), and a report in another language says so once.
"""

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from smpcompliance.patterns import pattern
from smpcompliance.yamlio import parse

WRITTEN_IN = "en"
"""The language of the rules and of what is said of files."""

_NAME = pattern(r"\{([a-z_]+)\}")
_MANNER = {"one": [1], "thousands": ",", "series": "; "}


class Words:
    """The words of one language, by dotted key: `words("verdict.breached", failed=4, judged=61)`.

    An entry with `one` and `other` has two forms, chosen by the number given as `n`. How the language writes stands
    under `language`, otherwise it writes as English does: the numbers that take the form `one`, what parts thousands,
    and what parts the entries of a series.
    """

    def __init__(self, language: str, data: dict[str, Any]) -> None:
        self.language, self._data = language, data
        self._manner: dict[str, Any] = _MANNER | data.get("language", {})

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key with the names in braces filled in; whole numbers are written as 4,812.

        Raises:
            KeyError: there is no such key, or a name in braces was not given.
        """
        found = self._at(key)
        if isinstance(found, dict):
            found = found["one" if values["n"] in self._manner["one"] else "other"]
        literal, *rest = _split(str(found))
        if not rest:
            return literal
        said = (self._said(values[part]) if n % 2 == 0 else part for n, part in enumerate(rest))
        return literal + "".join(said)

    def number(self, n: int) -> str:
        """A whole number as the language writes it: 4,812."""
        return f"{n:,}".replace(",", self._manner["thousands"])

    def series(self, parts: Iterable[str]) -> str:
        """Phrases one after the other, in one line."""
        return str(self._manner["series"]).join(parts)

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

    def _said(self, value: object) -> str:
        return self.number(value) if isinstance(value, int) else str(value)


@cache
def _split(text: str) -> tuple[str, ...]:
    """A text with names in braces: what stands before the first, its name, what follows it, the next name, …"""
    return tuple(_NAME.split(text))


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
