"""What we promise of ourselves: start-up, a month with its PDF, a whole law, how cost grows, what failures cost."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contestants import HERE
from measure import Run, run

_EIGHT = ["--period", "all", "--as-of", "2026-01-31", "--ruleset", str(HERE / "rulesets" / "EIGHT")]
_CALM = ["--fail-on", "never", "--allow-incomplete", "--quiet", "--no-progress"]


def measured(data: Callable[..., Path], out: Path, programs: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """Measures each promise.

    Args:
        data: makes a folder of studios.
        out: a folder for what is written.
        programs: where `python` and `smpcompliance` of our environment lie.

    Returns:
        Promise → `value`, `bar` (the most that is promised), `unit`, or `failed`.
    """
    ours, python = str(programs / "smpcompliance"), str(programs / "python")
    out.mkdir(parents=True, exist_ok=True)
    found: dict[str, Any] = {}

    def keep(name: str, value: float, bar: float, unit: str) -> None:
        found[name] = {"value": round(value, 3), "bar": bar, "unit": unit}
        tell(f"{name}: {value:.3f} {unit}")

    def timed(command: list[str], times: int = 5) -> Run:
        runs = [run(command, out / "said.txt") for _ in range(times)]
        if failed := [each for each in runs if each.code]:
            raise RuntimeError(failed[0].said)
        kept = sorted(runs[1:] or runs, key=lambda each: each.wall)
        return kept[(len(kept) - 1) // 2]

    def audit(folder: Path, *more: str, times: int = 3) -> Run:
        return timed([ours, "audit", str(folder), *_CALM, *more], times)

    def eight(folder: Path, *more: str, times: int = 3) -> Run:
        script = str(HERE / "programs" / "with_smpcompliance.py")
        return timed([python, script, str(folder), str(out / "found.json"), *more], times)

    def attempt(name: str, how: Callable[[], None]) -> None:
        try:
            how()
        except RuntimeError as error:
            found[name] = {"failed": str(error)}
            tell(f"{name}: {error}")

    rule = "US-CA/spore-test-monthly"
    for asked in (["--version"], ["--help"], ["explain", rule], ["rules", "show", rule]):
        name = f"smpcompliance {' '.join(asked)}"
        attempt(name, lambda asked=asked, name=name: keep(name, timed([ours, *asked]).wall, 0.2, "s"))  # type: ignore[misc]
    pdf = ["--report", f"pdf={out / 'month.pdf'}"]
    small = data("1k", size="1k")
    name = "1,000 sessions with the PDF"
    attempt(name, lambda: keep(name, audit(small, *_EIGHT, *pdf, times=5).wall, 1.0, "s"))

    def whole_law() -> None:
        folder = data("1M-US-CA", size="1M", law="US-CA")
        done = audit(folder, "--period", "2025", "--as-of", "2026-01-31", times=1)
        keep(law, done.wall, 10.0, "s")
        keep(f"{law}, memory", done.memory / 1000, 2.0, "GB")

    law = "all of US and US-CA over 1M sessions, no report written"
    attempt(law, whole_law)

    def growth() -> None:
        few, many = eight(data("100k", size="100k")), eight(data("3M", size="3M"), times=1)
        keep("exponent of CPU seconds from 100k to 3M rows", math.log(many.cpu / few.cpu) / math.log(30), 1.05, "")

    attempt("exponent of CPU seconds from 100k to 3M rows", growth)

    def failures() -> None:
        none = eight(data("1M-none-bad", size="1M", bad=0.0), "--totals")
        many = eight(data("1M-400k-bad", size="1M", bad=0.4), "--totals")
        keep(unprinted, many.cpu / none.cpu, 1.2, "times")

    unprinted = "400,000 failures cost, over none, until they are printed"
    attempt(unprinted, failures)
    return found
