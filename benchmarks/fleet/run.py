"""Packs and audits many studios in several ways and compares: python benchmarks/fleet/run.py [--rows N]

One process; two workers of one thread; two workers of which one is killed (SIGKILL) after a quarter of the buckets.
Each program runs under `/usr/bin/time -v` (GNU time), so that every worker's memory is its own. The SHA-256 over
results, findings and summary must be the same each time. Figures are printed as a table and as JSON.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
TIMED = ("/usr/bin/time", "-v", "-o")
ASKED = ("--period", "2025", "--as-of", "2026-01-15", "--fail-on", "never", "--allow-incomplete", "--quiet")
TOLD = ("results.jsonl", "findings.jsonl", "unread.jsonl", "summary.json")


@dataclass
class Run:
    """What one way took: seconds of the clock, of all processors together, and MB of each program at its largest."""

    name: str
    seconds: float = 0.0
    cpu: float = 0.0
    mb: dict[str, int] = field(default_factory=dict)
    sha256: str = ""
    note: str = ""


def main() -> None:
    """Runs everything once and prints it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=20_000_000)
    asked.add_argument("--studios", type=int, default=10_000)
    asked.add_argument("--folders", type=int, default=40)
    asked.add_argument("--buckets", type=int, default=64)
    asked.add_argument("--folder", type=Path, help="where everything goes; default: a new one that is taken away")
    asked.add_argument("--limit", default="1GB", help="memory of a worker, beyond which Dask ends it")
    given = asked.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="fleet-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        runs = measured(given, folder)
    finally:
        if not given.folder:
            shutil.rmtree(folder)
    for run in runs:
        memory = ", ".join(f"{name} {mb} MB" for name, mb in run.mb.items())
        print(f"{run.name:18} {run.seconds:8.1f} s  CPU {run.cpu:8.1f} s  {memory}  {run.sha256[:16]}  {run.note}")
    print(json.dumps([vars(run) for run in runs]))
    if len({run.sha256 for run in runs if run.sha256}) != 1:
        sys.exit("the results differ")


def measured(given: argparse.Namespace, folder: Path) -> list[Run]:
    """Every way, one after the other."""
    made, packed = folder / "exports", folder / "packed"
    if not made.exists():
        counts = ("--rows", str(given.rows), "--studios", str(given.studios), "--folders", str(given.folders))
        subprocess.run([sys.executable, str(HERE / "make.py"), str(made), *counts], check=True)
    shutil.rmtree(packed, ignore_errors=True)
    fleet = [sys.executable, "-m", "smpcompliance", "fleet"]
    paths = [str(path) for path in sorted(made.iterdir())]
    pack = timed(
        "pack", [*fleet, "pack", *paths, "--out", str(packed), "--buckets", str(given.buckets), "--no-progress"], folder
    )
    size = sum(file.stat().st_size for file in packed.rglob("*.parquet"))
    pack.note = f"{size / 1e6:.0f} MB packed of {sum(f.stat().st_size for f in made.rglob('*.csv')) / 1e6:.0f} MB"
    audit = [*fleet, "audit", str(packed), *ASKED]
    runs = [pack]
    for name, workers, killed in (("one process", 0, False), ("two workers", 2, False), ("one killed", 2, True)):
        out = folder / name.replace(" ", "-")
        shutil.rmtree(out, ignore_errors=True)
        command = [*audit, "--out", str(out)]
        runs.append(clustered(name, command, folder, out, given, killed) if workers else timed(name, command, folder))
        runs[-1].sha256 = hash_of(out)
    return runs


def timed(name: str, command: list[str], folder: Path) -> Run:
    """A program that runs by itself."""
    log = folder / "time.txt"
    begun = time.perf_counter()
    subprocess.run([*TIMED, str(log), *command], check=True)
    cpu, mb = told(log)
    return Run(name, time.perf_counter() - begun, cpu, {"it": mb})


def clustered(name: str, command: list[str], folder: Path, out: Path, given: argparse.Namespace, killed: bool) -> Run:
    """A program whose buckets go to two workers, one of which may be killed on the way."""
    run = Run(name)
    logs = {each: folder / f"time-{each}.txt" for each in ("scheduler", "worker 1", "worker 2", "driver")}
    with cluster(logs, folder, given.limit) as (address, workers):
        begun = time.perf_counter()
        driver = subprocess.Popen([*TIMED, str(logs["driver"]), *command, "--scheduler", address])
        while killed and driver.poll() is None:
            if len(list((out / "parts").glob("bucket-*"))) >= given.buckets // 4:
                os.kill(child_of(workers[0].pid), signal.SIGKILL)
                run.note = "worker 1 killed"
                break
            time.sleep(0.05)
        if driver.wait():
            sys.exit(f"{name}: exit code {driver.returncode}")
        run.seconds = time.perf_counter() - begun
    for each, log in logs.items():
        cpu, run.mb[each] = told(log)
        run.cpu += cpu
    return run


@contextmanager
def cluster(logs: dict[str, Path], folder: Path, limit: str) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler and two workers of one thread on this machine."""
    known = folder / "scheduler.json"
    known.unlink(missing_ok=True)
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    plan = [*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(known)]
    started = [subprocess.Popen([*TIMED, str(logs["scheduler"]), *plan], **quiet)]
    while not known.exists():
        time.sleep(0.05)
    address = json.loads(known.read_text())["address"]
    work = [*dask, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
    work += ["--memory-limit", limit, "--local-directory", str(folder)]
    workers = [subprocess.Popen([*TIMED, str(logs[f"worker {n}"]), *work], **quiet) for n in (1, 2)]
    started += workers
    try:
        yield address, workers
    finally:
        for each in reversed(started):
            if each.poll() is None and (child := child_of(each.pid)):
                os.kill(child, signal.SIGTERM)
            each.wait()


def child_of(pid: int) -> int:
    """The program that GNU time runs; 0 where it has ended."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(found[0]) if found else 0


def told(log: Path) -> tuple[float, int]:
    """Seconds of the processor and MB at most, as GNU time tells them."""
    text = log.read_text()
    seconds = (re.search(rf"{name} time \(seconds\): ([\d.]+)", text) for name in ("User", "System"))
    most = re.search(r"Maximum resident set size \(kbytes\): (\d+)", text)
    return sum(float(found[1]) for found in seconds if found), int(most[1]) // 1024 if most else 0


def hash_of(out: Path) -> str:
    """One hash over everything that an audit tells."""
    return hashlib.sha256(b"".join((out / name).read_bytes() for name in TOLD)).hexdigest()


if __name__ == "__main__":
    main()
