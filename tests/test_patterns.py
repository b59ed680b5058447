"""Patterns that are compiled at their first use: a mistake in one is told here, not to the one who first meets it."""

import subprocess
import sys

import pytest

from smpcompliance.patterns import pattern

_COMPILED_AT_ONCE = """
import pkgutil, re
from importlib import import_module
import smpcompliance
import smpcompliance.patterns
smpcompliance.patterns.pattern = re.compile
for module in pkgutil.walk_packages(smpcompliance.__path__, "smpcompliance."):
    if not module.name.endswith("__main__"):
        import_module(module.name)
"""


def test_every_pattern_of_the_program_can_be_compiled() -> None:
    subprocess.run([sys.executable, "-c", _COMPILED_AT_ONCE], check=True)


def test_a_pattern_is_what_re_makes_of_it() -> None:
    year = pattern(r"(\d{4})-")
    assert year.findall("2025-06 2026-07") == ["2025", "2026"]
    assert year.pattern == r"(\d{4})-"


def test_a_mistake_is_told_at_the_first_use() -> None:
    broken = pattern("(")
    with pytest.raises(Exception, match="unterminated subpattern"):
        broken.match("")
