"""Settings that stand in the environment or in a file: what a pipeline wants to say once.

A flag goes before the environment (`SMPCOMPLIANCE_FAIL_ON`), this before `smpcompliance.toml` or the table
`[tool.smpcompliance]` of pyproject.toml in the folder where the program is started, and this before studio.yaml.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import click

SHARED = ("jurisdiction", "overlay", "select", "ignore", "ruleset", "rulesets")
"""What holds for every command that has such an option."""

OF_AUDIT = (
    "all_findings", "allow_incomplete", "as_of", "baseline", "edition", "fail_on", "language", "no_progress", "period",
    "previous", "quiet", "report", "sample", "seed", "waivers",
)  # fmt: skip
"""What holds for `audit` alone."""

FILE, PROJECT, TABLE = "smpcompliance.toml", "pyproject.toml", "smpcompliance"
PREFIX = "SMPCOMPLIANCE_"


@dataclass(frozen=True)
class Settings:
    """The settings of a file.

    Attributes:
        file: its name; empty where there is none.
        values: key → value; keys with `_`, as in SHARED and OF_AUDIT.
        lines: key → line in the file.
    """

    file: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)


class _Mistake(NamedTuple):
    """A mistake in a file of settings, or in the name of a variable."""

    file: str
    line: int
    column: int
    text: str


def _error(mistakes: Iterable[_Mistake]) -> Exception:
    from smpcompliance.yamlio import Problem, SourceError

    return SourceError(Problem(*each) for each in mistakes)


def key_of(option: click.Parameter) -> str:
    """The key under which an option stands in a file, as in `fail_on`."""
    return max(option.opts, key=len).lstrip("-").replace("-", "_")


def listening(command: click.Command) -> click.Command:
    """A command whose options listen to the environment too."""
    for option in _options(command):
        if option.envvar is None:
            option.envvar = PREFIX + key_of(option).upper()
    return command


def defaults_of(command: click.Command, settings: Settings) -> dict[str, Any]:
    """Parameter → value as the file says it, as click wants it.

    Raises:
        SourceError: a value that its option cannot take.
    """
    out: dict[str, Any] = {}
    problems = []
    for option in _options(command):
        key = key_of(option)
        if key not in settings.values:
            continue
        value = settings.values[key]
        several = isinstance(value, list)
        if several != option.multiple or (isinstance(value, bool) != option.is_flag):
            wanted = (
                'a list, as in ["a", "b"]' if option.multiple else "true or false" if option.is_flag else "one value"
            )
            problems.append(_Mistake(settings.file, settings.lines.get(key, 1), 1, f"{key!r} wants {wanted}"))
            continue
        out[str(option.name)] = tuple(map(str, value)) if several else value if option.is_flag else str(value)
    if problems:
        raise _error(problems)
    return out


def _options(command: click.Command) -> list[click.Option]:
    known = (*SHARED, *OF_AUDIT) if command.name == "audit" else SHARED
    return [each for each in command.params if isinstance(each, click.Option) and key_of(each) in known]


def read_settings(folder: Path) -> Settings:
    """The settings that stand in a folder.

    Raises:
        SourceError: a file that is no TOML, a key that is not known; both files at once; a variable that is nearly one.
    """
    if problems := list(_nearly(os.environ)):
        raise _error(problems)
    found = [settings for name in (FILE, PROJECT) if (settings := _read(folder / name)) is not None]
    if len(found) > 1:
        raise _error([_Mistake(PROJECT, 1, 1, f"the settings stand here and in {FILE}; keep one of them")])
    return found[0] if found else Settings()


def _read(file: Path) -> Settings | None:
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _error([_Mistake(file.name, 1, 1, f"it cannot be read ({error})")]) from None
    if file.name == PROJECT and TABLE not in text:
        return None
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+), column (\d+)", str(error))
        place = (int(line[1]), int(line[2])) if line else (1, 1)
        raise _error([_Mistake(file.name, *place, f"this is no TOML ({error})")]) from None
    if file.name == PROJECT:
        tools = data.get("tool")
        if not isinstance(tools, dict) or TABLE not in tools:
            return None
        table = tools[TABLE]
    else:
        table = data
    if not isinstance(table, dict):
        raise _error([_Mistake(file.name, _line(text, TABLE), 1, f"{TABLE!r} wants a table of settings")])
    lines = {key: _line(text, key) for key in table}
    problems = [_Mistake(file.name, lines[key], 1, _unknown(key)) for key in table if _plain(key) not in _KNOWN]
    problems += [
        _Mistake(file.name, lines[key], 1, f"{_plain(key)!r} stands twice, with - and with _; keep one of them")
        for key in table
        if key != _plain(key) and _plain(key) in table
    ]
    if problems:
        raise _error(problems)
    return Settings(
        file.name,
        {_plain(key): value for key, value in table.items()},
        {_plain(key): line for key, line in lines.items()},
    )


_KNOWN = frozenset((*SHARED, *OF_AUDIT))
_VARIABLES = frozenset(key.upper() for key in _KNOWN)
_NEAR = 0.65  # of 1: FAIL is near FAIL_ON, VERSION is not near PERIOD


def _nearly(environment: Mapping[str, str]) -> Iterator[_Mistake]:
    """A mistake for each variable that was meant as a setting; the prefix may also serve other purposes."""
    for name, value in sorted(environment.items()):
        key = name.removeprefix(PREFIX)
        if not value or key == name or key in _VARIABLES:
            continue
        if near := _close(key.upper(), _VARIABLES, _NEAR):
            yield _Mistake(name, 1, 1, f"there is no such setting; did you mean {PREFIX}{near[0]}?")


def _close(word: str, known: Iterable[str], cutoff: float) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(word, known, 1, cutoff)


def _plain(key: str) -> str:
    return key.replace("-", "_")


def _line(text: str, key: str) -> int:
    found = re.search(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*=", text, re.MULTILINE)
    return text.count("\n", 0, found.start() + len(found[0])) + 1 if found else 1


def _unknown(key: str) -> str:
    near = _close(_plain(key), _KNOWN, 0.6)
    hint = f"; did you mean '{near[0]}'?" if near else f"; known are {', '.join(sorted(_KNOWN))}"
    return f"there is no setting {key!r}{hint}"
