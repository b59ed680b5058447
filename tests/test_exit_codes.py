"""The exit codes, row by row as docs/exit-codes.md lists them."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from law import contents_rule, law, write

from smpcompliance.checks.record import Record
from smpcompliance.cli import main

PAGE = (Path(__file__).parents[1] / "docs" / "exit-codes.md").read_text("utf-8")
HEAD = "cycle_id,cycle_type,started_at,contents\n"
GOOD, BAD = "A,load,2026-10-01,forceps\n", "A,load,2026-10-01,\n"
ASK = contents_rule("minor").partition("check:")[0] + "check: {kind: attest, ask: Is it clean?}\nmessage: Look.\n"
SPORES = contents_rule("{0}").replace("sterilization_cycles", "spore_tests").replace("cycle_type: {enum: [load]}", "")
SPORES = SPORES.replace("contents: {required", "result: {required").replace("{cycle_id}", "{spore_test_id}")
WAIVER = "waivers:\n  - {{rule: XX/a, record: A, reason: r, approved_by: b, until: 2026-{0}-30}}\n"


class Here:
    """A folder with a law and a studio, made as a case wants it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.words: list[str] = []
        self.make()

    def make(self, loads: str = HEAD + GOOD, profile: str = "studio_id: s\njurisdiction: XX\n", **rules: str) -> None:
        """Writes the studio and the law anew; by default one major rule, and a log that meets it."""
        law(self.folder / "law", **(rules or {"a": contents_rule()}))
        write(self.folder / "studio", studio=profile, sterilization_cycles_dot_csv=loads)

    def file(self, name: str, text: str) -> None:
        """Writes a file of the studio, or beside it where the name begins with /."""
        place = self.folder / name[1:] if name.startswith("/") else self.folder / "studio" / name
        place.write_text(text)

    def run(self, *words: str) -> int:
        """The exit code of an audit of October 2026 on 10 November."""
        how = ["--rulesets", "law", "--period", "2026-10", "--as-of", "2026-11-10", "--quiet"]
        return CliRunner().invoke(main, ["audit", "studio", *how, *words, *self.words]).exit_code


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    monkeypatch.chdir(tmp_path)
    return Here(tmp_path)


def met(here: Here) -> int:
    return here.run()


def breached(here: Here) -> int:
    here.make(HEAD + BAD)
    return here.run()


def below(here: Here) -> int:
    here.make(HEAD + BAD)
    return here.run("--fail-on", "critical")


def never(here: Here) -> int:
    here.make(HEAD + BAD)
    return here.run("--fail-on", "never")


def advice(here: Here) -> int:
    here.make(HEAD + BAD, a=contents_rule("advice"))
    return here.run()


def advice_counts(here: Here) -> int:
    here.make(HEAD + BAD, a=contents_rule("advice"))
    return here.run("--fail-on", "advice")


def all_waived(here: Here) -> int:
    here.make(HEAD + BAD)
    here.file("waivers.yaml", WAIVER.format(11))
    return here.run()


def waived_and_open(here: Here) -> int:
    here.make(HEAD + BAD + "B,,2026-10-02,\n")
    here.file("waivers.yaml", WAIVER.format(11))
    return here.run()


def expired(here: Here) -> int:
    here.make(HEAD + BAD)
    here.file("waivers.yaml", WAIVER.format(10))
    return here.run()


def in_baseline(here: Here) -> int:
    here.make(HEAD + BAD)
    here.run("--report", "json=audit.json")
    CliRunner().invoke(main, ["baseline", "create", "audit.json"])
    return here.run("--baseline", "baseline.json")


def missing_log(here: Here) -> int:
    here.make(a=SPORES.replace("{0}", "major"), b=contents_rule())
    return here.run()


def missing_log_allowed(here: Here) -> int:
    here.words = ["--allow-incomplete"]
    return missing_log(here)


def breach_and_open(here: Here) -> int:
    here.make(HEAD + BAD, a=SPORES.replace("{0}", "major"), b=contents_rule())
    return here.run()


def advice_open(here: Here) -> int:
    here.make(a=SPORES.replace("{0}", "advice"), b=contents_rule())
    return here.run()


def advice_open_counts(here: Here) -> int:
    here.words = ["--fail-on", "advice"]
    return advice_open(here)


def torn(here: Here) -> int:
    here.make(HEAD + GOOD + "B,load,2026-10-02,a,b,c\n")
    return here.run()


def stranger(here: Here) -> int:
    here.make(f"studio_id,{HEAD}s,{GOOD}z,{GOOD}")
    return here.run()


def unread(here: Here) -> int:
    here.file("sterilization_cycles 2.xlsx", "torn")
    return here.run()


def unnamed(here: Here) -> int:
    (here.folder / "studio").rename(here.folder / "one")
    (here.folder / "studio" / "two").mkdir(parents=True)
    (here.folder / "one").rename(here.folder / "studio" / "one")
    here.file("two/sterilization_cycles.csv", HEAD + BAD)
    return here.run()


def visit(here: Here) -> int:
    here.make(a=ASK)
    return here.run()


def away(here: Here) -> int:
    here.make(a=contents_rule(more="in_force: {until: 2001-01-01}"))
    return here.run()


def only_heads(here: Here) -> int:
    here.make(HEAD)
    here.file("spore_tests.csv", "spore_test_id,result\nT1,pass\n")
    return here.run()


def only_heads_everywhere(here: Here) -> int:
    here.make(HEAD)
    return here.run()


def no_folder(here: Here) -> int:
    (here.folder / "studio").rename(here.folder / "elsewhere")
    return here.run()


def one_of_two(here: Here) -> int:
    return here.run("elsewhere")


def empty_path(here: Here) -> int:
    return here.run("")


def empty_folder(here: Here) -> int:
    no_folder(here)
    (here.folder / "studio").mkdir()
    return here.run()


def no_log(here: Here) -> int:
    (here.folder / "studio" / "sterilization_cycles.csv").rename(here.folder / "studio" / "notes.md")
    return here.run()


def bad_profile(here: Here) -> int:
    here.make(profile="studio_id: s\njurisdicton: XX\n")
    return here.run()


def bad_rule(here: Here) -> int:
    here.make(a=contents_rule().replace("kind: record", "kind: recrod"))
    return here.run()


def bad_waiver(here: Here) -> int:
    here.file("waivers.yaml", "waivers: [{rule: XX/a}]\n")
    return here.run()


def bad_settings(here: Here) -> int:
    here.file("/smpcompliance.toml", "fial_on = 'never'\n")
    return here.run()


def no_law(here: Here) -> int:
    here.make(profile="studio_id: s\n")
    return here.run()


def no_option(here: Here) -> int:
    return here.run("--fial-on", "never")


def no_rule(here: Here) -> int:
    return here.run("--select", "XX/z*")


def no_rule_left(here: Here) -> int:
    return here.run("--ignore", "XX/*")


def after_the_day(here: Here) -> int:
    return here.run("--period", "2026-12")


def nearly(here: Here) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SMPCOMPLIANCE_FAILON", "never")
        return here.run()


def one_place(here: Here) -> int:
    return here.run("--report", "json=a", "--report", "sarif=a")


def over_a_log(here: Here) -> int:
    return here.run("--report", "csv=studio/sterilization_cycles.csv")


def unwritable(here: Here) -> int:
    return here.run("--report", "json=nowhere/audit.json")


def broken(error: type[BaseException], where: str) -> Callable[[Here], int]:
    def case(here: Here) -> int:
        def breaks(*_: object, **__: object) -> None:
            raise error("it broke")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(*((Record, "evaluate", breaks) if where == "check" else (where, breaks)))
            code = here.run("--report", "json=audit.json")
        if where == "os.replace":
            assert not [file for file in here.folder.iterdir() if "audit.json" in file.name], "nothing half-written"
        return code

    return case


CASES: dict[str, Callable[[Here], int]] = {
    "every duty that applies is met": met,
    "a duty is breached": breached,
    "a breach lies below `--fail-on`": below,
    "a duty is breached, with `--fail-on never`": never,
    "advice is not followed": advice,
    "advice is not followed, with `--fail-on advice`": advice_counts,
    "every breach is waived": all_waived,
    "every breach is known from the baseline": in_baseline,
    "every breach of a duty is waived, and some of its cases could not be judged": waived_and_open,
    "a waiver has expired": expired,
    "a log that a duty needs is missing": missing_log,
    "a log that a duty needs is missing, with `--allow-incomplete`": missing_log_allowed,
    "one duty is breached and another could not be judged": breach_and_open,
    "advice could not be judged": advice_open,
    "advice could not be judged, with `--fail-on advice`": advice_open_counts,
    "a line of a log is torn": torn,
    "a record of a table names no studio that is known": stranger,
    "a file with the name of a log cannot be read": unread,
    "a studio's folder without studio.yaml lies among others": unnamed,
    "only a visit can decide": visit,
    "no duty applies": away,
    "a log has heads and no record": only_heads,
    "no log of the studio has a record": only_heads_everywhere,
    "the folder does not exist": no_folder,
    "one of two folders does not exist": one_of_two,
    "a path is empty": empty_path,
    "the folder is empty": empty_folder,
    "no file is a log": no_log,
    "a mistake in studio.yaml": bad_profile,
    "a mistake in a rule": bad_rule,
    "a mistake in waivers.yaml": bad_waiver,
    "a mistake in smpcompliance.toml": bad_settings,
    "no jurisdiction": no_law,
    "an option that does not exist": no_option,
    "`--select` that matches no rule": no_rule,
    "`--ignore` that leaves no rule": no_rule_left,
    "a period after the audit day": after_the_day,
    "a variable that is nearly a setting (`SMPCOMPLIANCE_FAILON`)": nearly,
    "a report that cannot be written": unwritable,
    "two reports in one place": one_place,
    "a report in the place of a log": over_a_log,
    "a check breaks": broken(RuntimeError, "check"),
    "the program breaks": broken(RuntimeError, "smpcompliance.api.judge"),
    "interrupted": broken(KeyboardInterrupt, "os.replace"),
}
ROWS = dict(re.findall(r"^\| (.+?) \| (\d+) \|$", PAGE.partition("## Row by row")[2], re.MULTILINE))


def test_every_row_of_the_page_is_tried_and_nothing_else() -> None:
    assert list(ROWS) == list(CASES)


@pytest.mark.parametrize("situation", CASES)
def test_a_row_of_the_page(here: Here, situation: str) -> None:
    assert CASES[situation](here) == int(ROWS[situation])


def test_an_interrupted_run_leaves_the_report_of_before(here: Here) -> None:
    here.run("--report", "json=audit.json")
    before = json.loads((here.folder / "audit.json").read_text())
    broken_off = CASES["interrupted"]
    with pytest.raises(AssertionError, match="half-written"):
        broken_off(here)
    assert json.loads((here.folder / "audit.json").read_text()) == before
    assert sorted(file.name for file in here.folder.iterdir()) == ["audit.json", "law", "studio"]
