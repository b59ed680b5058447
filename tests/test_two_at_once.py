"""Two rules at once: the same results in the same order, what they share is made once, and a check that breaks is shown."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from law import audited, contents_rule, law, write

from smpcompliance.audit import judge
from smpcompliance.audit.finding import Audit
from smpcompliance.checks.record.evaluation import Judging
from smpcompliance.logs.table import Memo

LOADS = "cycle_id,cycle_type,started_at,contents\nA,load,2025-01-01,\nB,load,2025-01-02,tubes\n,load,,\n"


@pytest.fixture
def audit(tmp_path: Path) -> Callable[[], Audit]:
    rules = law(tmp_path / "law", **{name: contents_rule() for name in "abcdefgh"})
    studio = write(tmp_path / "s", studio="studio_id: s\njurisdiction: XX\n", sterilization_cycles_dot_csv=LOADS)
    return lambda: audited(rules, studio)


def told(found: Audit) -> list[tuple[object, ...]]:
    return [(r.rule.id, r.status, r.examined, r.reasons, [*r.findings], [*r.undecided]) for r in found.results]


def test_results_do_not_depend_on_how_many_rules_are_judged_at_once(
    audit: Callable[[], Audit], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = told(audit())
    monkeypatch.setattr(judge, "_MANY", 0)
    monkeypatch.setattr("pyarrow.cpu_count", lambda: 2)
    assert told(audit()) == one and len(one) == 8


def test_a_check_that_breaks_beside_others_is_an_error_of_its_own_rule(
    audit: Callable[[], Audit], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = Judging.evaluate, list[object]()

    def breaks_once(self: Judging, scope: object) -> object:
        asked.append(self)
        if len(asked) == 3:
            raise ZeroDivisionError("no loads")
        return real(self, scope)  # type: ignore[arg-type]

    monkeypatch.setattr(judge, "_MANY", 0)
    monkeypatch.setattr("pyarrow.cpu_count", lambda: 2)
    monkeypatch.setattr(Judging, "evaluate", breaks_once)
    found = [(result.status, result.about) for result in audit().results]
    assert found.count(("error", ("ZeroDivisionError: no loads",))) == 1
    assert sum(status == "fail" for status, _ in found) == 7


def test_what_two_ask_for_at_once_is_made_once() -> None:
    memo, made, ready = Memo(), list[int](), Barrier(2)

    def ask() -> list[int]:
        ready.wait()
        return [memo.get(key, lambda key=key: made.append(key) or key) for key in range(50)]  # type: ignore[misc]

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(ask), pool.submit(ask)
    assert first.result() == second.result() == sorted(made) == list(range(50))


def test_what_broke_is_made_again_when_it_is_asked_for_again() -> None:
    memo = Memo()
    with pytest.raises(ZeroDivisionError):
        memo.get("a", lambda: 1 // 0)
    assert memo.get("a", lambda: 2) == 2
