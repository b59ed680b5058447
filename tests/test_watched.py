"""What an audit costs stays what it was: calls, memory and cells, which do not depend on the machine's mood."""

import json
from pathlib import Path

import pytest
import watched

WITHIN = 0.25
"""How far a figure may move, up or down, before somebody has to look; then `python tests/watched.py --store`."""


@pytest.fixture(scope="module")
def now(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    folder = tmp_path_factory.mktemp("studios")
    watched.write(folder)
    return watched.measured(folder)


@pytest.mark.parametrize("name", sorted(json.loads(watched.STORED.read_text("utf-8"))))
def test_an_audit_costs_what_it_did(name: str, now: dict[str, int]) -> None:
    stored = json.loads(watched.STORED.read_text("utf-8"))[name]
    assert abs(now[name] - stored) <= WITHIN * stored, f"{name}: {stored} → {now[name]}"


def test_twice_the_records_are_no_more_python(now: dict[str, int], tmp_path: Path) -> None:
    watched.write(tmp_path, 2 * watched.SESSIONS)
    twice = watched.measured(tmp_path)
    assert twice["calls_judge"] <= 1.05 * now["calls_judge"]
    assert twice["calls_read"] <= 1.05 * now["calls_read"]
    assert twice["peak_judge"] <= 2.2 * now["peak_judge"]
