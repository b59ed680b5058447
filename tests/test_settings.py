"""Settings: a flag before the environment, this before a file, this before studio.yaml; and each shown with its source."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from law import contents_rule, law, write

from smpcompliance.cli import main
from smpcompliance.cli.audit import command as audit
from smpcompliance.cli.settings import OF_AUDIT, SHARED, key_of

LOADS = "cycle_id,cycle_type,started_at,contents\nA,load,2026-10-01,\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a law of one major rule, and a studio that breaches it."""
    monkeypatch.chdir(tmp_path)
    law(tmp_path / "law", a=contents_rule())
    write(tmp_path / "studio", studio="studio_id: s\njurisdiction: XX\n", sterilization_cycles_dot_csv=LOADS)
    return tmp_path


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(main, words, env={f"SMPCOMPLIANCE_{name}": value for name, value in environment.items()})


def code(*words: str, **environment: str) -> int:
    how = ["--rulesets", "law", "--period", "2026-10", "--as-of", "2026-11-10", "--quiet"]
    return run("audit", "studio", *how, *words, **environment).exit_code


def test_every_option_of_an_audit_can_be_a_setting() -> None:
    keys = {key_of(option) for option in audit.params if isinstance(option, click.Option)}
    assert keys == {*SHARED, *OF_AUDIT}


def test_flag_environment_file_default(here: Path) -> None:
    assert code() == 1
    (here / "smpcompliance.toml").write_text('fail-on = "critical"\n')
    assert code() == 0
    assert code(FAIL_ON="major") == 1
    assert code("--fail-on", "never", FAIL_ON="major") == 0


def test_settings_may_stand_in_pyproject(here: Path) -> None:
    (here / "pyproject.toml").write_text('[tool.other]\nx = 1\n\n[tool.smpcompliance]\nfail_on = "critical"\n')
    assert code() == 0
    shown = run("config", "show", "--format", "json")
    (row,) = [row for row in json.loads(shown.stdout) if row["setting"] == "fail_on"]
    assert row == {"setting": "fail_on", "value": "critical", "source": "pyproject.toml, line 5"}


def test_each_value_is_shown_with_its_source(here: Path) -> None:
    (here / "smpcompliance.toml").write_text('fail_on = "critical"\nselect = ["XX/*"]\nquiet = true\n')
    rows = json.loads(run("config", "show", "--format", "json", SAMPLE="3").stdout)
    source = {row["setting"]: (row["value"], row["source"]) for row in rows}
    assert source["fail_on"] == ("critical", "smpcompliance.toml, line 1")
    assert source["select"] == ("XX/*", "smpcompliance.toml, line 2")
    assert source["quiet"] == ("true", "smpcompliance.toml, line 3")
    assert source["sample"] == ("3", "environment SMPCOMPLIANCE_SAMPLE")
    assert source["edition"] == ("owner", "default")
    assert source["jurisdiction"] == ("", "studio.yaml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "x = 1\nfial_on = 'minor'\n",
            "smpcompliance.toml:2:1: there is no setting 'fial_on'; did you mean 'fail_on'?",
        ),
        ("fail_on = \n", "smpcompliance.toml:1:"),
        ("select = 'XX/*'\n", "smpcompliance.toml:1:1: 'select' wants a list"),
        ("quiet = 'yes'\n", "smpcompliance.toml:1:1: 'quiet' wants true or false"),
        ("fail_on = 'sometimes'\n", "is not one of"),
        ("select = ['YY/*']\n", "matches no rule"),
    ],
)
def test_a_mistake_in_the_file_is_told_and_nothing_is_judged(here: Path, text: str, told: str) -> None:
    (here / "smpcompliance.toml").write_text(text)
    found = run("audit", "studio", "--rulesets", "law", "--quiet")
    assert found.exit_code == 2 and told in found.stderr


def test_two_files_with_settings_are_one_too_many(here: Path) -> None:
    (here / "smpcompliance.toml").write_text("quiet = true\n")
    (here / "pyproject.toml").write_text("[tool.smpcompliance]\nquiet = true\n")
    assert code() == 2


def test_what_is_meant_for_audits_does_not_touch_other_commands(here: Path) -> None:
    (here / "smpcompliance.toml").write_text('fail_on = "never"\nperiod = "2026"\n')
    assert run("doctor", "studio", "--rulesets", "law").exit_code in (0, 3)
