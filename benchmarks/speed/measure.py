"""One run of a program: a whole process, cold, with wall time, CPU seconds and peak memory."""

import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from environments import ROOT, clean

_ERROR = re.compile(r"[\w.]*(Error|Exception|Invalid)\b")
LIMIT = 900.0  # seconds; a program that takes longer is stopped and told so


@dataclass(frozen=True)
class Run:
    """Seconds on the clock and on all cores together, peak resident memory in MB, its last words."""

    wall: float
    cpu: float
    memory: float
    code: int
    said: str


def run(command: list[str], log: Path) -> Run:
    """Runs a program to its end and asks the system what it took (`wait4`)."""
    began = time.perf_counter()
    with open(log, "wb") as file:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=clean())
    stopped = False
    while True:
        pid, status, used = os.wait4(child.pid, 0 if stopped else os.WNOHANG)
        if pid:
            break
        if time.perf_counter() - began > LIMIT:
            child.kill()
            stopped = True
        time.sleep(0.002)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    lines = log.read_text("utf-8", "replace").strip().splitlines()
    names = [line for line in lines if _ERROR.match(line)]
    said = f"stopped after {LIMIT:.0f} s" if stopped else (names or lines or [""])[-1]
    said = said.replace(f"{ROOT}/", "")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, child.returncode, said[:200])
