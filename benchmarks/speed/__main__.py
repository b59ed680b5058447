"""Eight checks by us and by others, on the same files: `make bench`.

    python benchmarks/speed                                  everything: 1k, 100k, 1M, dirty files, promises
    python benchmarks/speed --sizes 1k,100k --rounds 3       less of it
    python benchmarks/speed --only pandera,dataframely --no-promises --no-dirt
    python benchmarks/speed --show                           print the last results again, write the page anew

What is measured, and how it is told, stands in docs/speed.md. Everything that is made lies in `benchmarks/.venv`
(environments) and `build/bench` (data). Results go to `benchmarks/results.json`, `docs/speed.md`, `docs/speed.svg`.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import dirt
import environments
import page
import promises
import sessions
from agreement import Found, differences, found_by
from contestants import CONTESTANTS, PLAIN, Contestant
from measure import Run, run

DATA = environments.ROOT / "build" / "bench"
RESULTS = environments.ROOT / "benchmarks" / "results.json"
ROUNDS = {"1k": 9, "100k": 9, "1M": 7}
DIRTY_SIZE = "100k"


def main() -> None:
    """Prepares, measures, writes."""
    asked = _asked()
    if not asked.show:
        RESULTS.write_text(json.dumps(_measured(asked), indent=1) + "\n", "utf-8")
    results = json.loads(RESULTS.read_text("utf-8"))
    print(page.in_text(results))
    page.write(results, environments.ROOT / "docs")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python benchmarks/speed")
    parser.add_argument("--sizes", default="1k,100k,1M")
    parser.add_argument("--rounds", type=int, help="rounds that count, of every size; one more is run and thrown away")
    parser.add_argument("--only", help="names of programs, with commas; ours and the plain loop always take part")
    parser.add_argument("--no-dirt", action="store_true")
    parser.add_argument("--no-promises", action="store_true")
    parser.add_argument("--show", action="store_true", help="measure nothing, print the last results")
    return parser.parse_args()


def _measured(asked: argparse.Namespace) -> dict[str, Any]:
    missing, installed = {}, {}
    for name in ("ours", "peers", "core"):
        _tell(f"environment {name} …")
        if problem := environments.prepare(name):
            missing[name] = problem
        else:
            installed[name] = environments.versions(name)
    if "ours" in missing:
        sys.exit(f"smpcompliance itself could not be installed: {missing['ours']}")
    taking_part = [c for c in CONTESTANTS if c.environment in installed and _is_asked(c, asked.only)]
    results: dict[str, Any] = {
        "day": date.today().isoformat(),
        "machine": _machine(),
        "versions": installed,
        "missing": {c.name: missing[c.environment] for c in CONTESTANTS if c.environment in missing},
        "sizes": {},
        "dirt": {},
        "promises": {},
    }
    for size in asked.sizes.split(","):
        rounds = asked.rounds or ROUNDS.get(size, 5)
        results["sizes"][size] = _size(size, [c for c in taking_part if size in c.sizes], rounds)
    if not asked.no_dirt:
        results["dirt"] = {kind: _dirty(kind, taking_part) for kind in sessions.DIRT[1:]}
    if not asked.no_promises:
        results["promises"] = promises.measured(data, DATA / "out", environments.python_of("ours").parent, _tell)
    return results


def _is_asked(contestant: Contestant, only: str | None) -> bool:
    always = contestant.environment == "ours" or contestant.name == PLAIN
    return only is None or always or contestant.name in only.split(",")


def _machine() -> dict[str, Any]:
    """What the benchmark runs on."""
    cpu = platform.processor() or platform.machine()
    if (told := Path("/proc/cpuinfo")).is_file():
        cpu = next(
            (line.split(": ")[1] for line in told.read_text().splitlines() if line.startswith("model name")), cpu
        )
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return {"cpu": cpu, "cores": os.cpu_count(), "system": platform.system(), "load_before": round(load, 2)}


def data(name: str, **how: Any) -> Path:
    """A folder of made-up studios, made if it is not there."""
    folder = DATA / name
    if not folder.is_dir():
        _tell(f"data {name} …")
        half = folder.with_name(f"{name}.half")
        shutil.rmtree(half, ignore_errors=True)
        sessions.make(half, **how)
        half.rename(folder)
        if half.with_suffix(".json").is_file():
            half.with_suffix(".json").rename(folder.with_suffix(".json"))
    return folder


def _true(folder: Path, name: str) -> Found:
    """Everything that there is to find, listed by the plain loop."""
    out = DATA / "out" / f"{name}.true.json"
    out.parent.mkdir(exist_ok=True)
    script = Path(__file__).parent / "programs" / "with_csv_loop.py"
    subprocess.run([sys.executable, str(script), str(folder), str(out), "--all"], check=True)
    return found_by(out)


def _size(size: str, taking_part: list[Contestant], rounds: int) -> dict[str, Any]:
    folder = data(size, size=size)
    true = _true(folder, size)
    runs: dict[str, list[Run]] = {c.name: [] for c in taking_part}
    wrong: dict[str, list[str]] = {}
    for n in range(rounds + 1):
        turn = n % len(taking_part)
        for contestant in [*taking_part[turn:], *taking_part[:turn]]:
            if contestant.name in wrong:
                continue
            done, found = _run(contestant, folder)
            if n == 0:
                problems = [f"failed: {done.said}"] if found is None else differences(found, true)
                if problems:
                    wrong[contestant.name] = problems
            elif found is None:
                wrong[contestant.name] = [f"failed in round {n}: {done.said}"]
            else:
                runs[contestant.name].append(done)
            _tell(f"{size} round {n} {contestant.name}: {done.wall:.2f} s")
    return {
        c.name: {"runs": [asdict(each) for each in runs[c.name]], "differs": wrong.get(c.name, [])} for c in taking_part
    }


def _run(contestant: Contestant, folder: Path) -> tuple[Run, Found | None]:
    out = DATA / "out" / "found.json"
    out.parent.mkdir(exist_ok=True)
    out.unlink(missing_ok=True)
    command = contestant.command(environments.python_of(contestant.environment), folder, out)
    done = run(command, DATA / "out" / "said.txt")
    return done, found_by(out) if done.code == 0 and out.is_file() else None


def _dirty(kind: str, taking_part: list[Contestant]) -> dict[str, Any]:
    clean = _true(data(DIRTY_SIZE, size=DIRTY_SIZE), DIRTY_SIZE)
    folder = data(f"{DIRTY_SIZE}-{kind}", size=DIRTY_SIZE, dirt=kind)
    soil = json.loads(folder.with_suffix(".json").read_text("utf-8"))
    out = {}
    for contestant in taking_part:
        if DIRTY_SIZE not in contestant.sizes:
            continue
        done, found = _run(contestant, folder)
        told = dirt.aborted(done.code, done.said) if found is None else dirt.outcome(found, clean, soil, kind)
        out[contestant.name] = {"seconds": round(done.wall, 2), "outcome": told}
        _tell(f"{kind} {contestant.name}: {told}")
    return out


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


main()
