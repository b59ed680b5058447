"""No tool: a loop over `csv.reader`. The plainest way to say what the checks are; all else is compared with it."""

import csv
import re
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from checks import CHECKS, CLIENT, FIRST, PROCEDURES, write

folder, out = Path(sys.argv[1]), sys.argv[2]
every = "--all" in sys.argv
with open(folder / "supply_lots.csv", encoding="utf-8", newline="") as file:
    until = {(row["studio_id"], row["lot_number"]): row["expires_on"] for row in csv.DictReader(file)}
total = dict.fromkeys(CHECKS, 0)
first: dict[str, list[tuple[int, str]]] = {check: [] for check in CHECKS}
known = re.compile(CLIENT)
seen: dict[tuple[str, str], list[int]] = defaultdict(list)


def found(check: str, line: int, text: str) -> None:
    total[check] += 1
    if every or total[check] <= FIRST:
        first[check].append((line, text))


with open(folder / "sessions.csv", encoding="utf-8", newline="") as file:
    reader = csv.reader(file)
    next(reader)
    rows = 0
    line = reader.line_num + 1
    for studio, _, practitioner, client, procedure, receipt, start, end, consent, lot, _ in reader:
        rows += 1
        seen[studio, receipt].append(line)
        if not practitioner:
            found("required", line, practitioner)
        if procedure not in PROCEDURES:
            found("allowed", line, procedure)
        if not known.search(client):
            found("pattern", line, client)
        if end < start:
            found("end", line, end)
        if consent > start:
            found("consent", line, consent)
        expires = until.get((studio, lot))
        if expires is None:
            found("lot-known", line, lot)
        elif expires < start[:10]:
            found("lot-expired", line, lot)
        line = reader.line_num + 1
shared = {receipt: lines for receipt, lines in seen.items() if len(lines) > 1}
for (_, receipt), lines in shared.items():
    for line in lines:
        found("unique", line, receipt)
write(out, rows, total, first, ids=len(shared))
