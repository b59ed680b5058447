"""What becomes of a dirty file: aborted, told, left out, padded or shifted in silence, found where it is not."""

from collections.abc import Mapping, Sequence

from agreement import Found
from checks import CHECKS, FIRST

READABLE = ("cp1252", "quoted-breaks")
"""Dirt in spite of which every record can be read."""
_SHIFTED = 1000


def outcome(found: Found, clean: Found, soil: Mapping[str, Sequence[int]], dirt: str) -> str:
    """In words what a program made of a dirty file.

    Args:
        found: what it wrote.
        clean: all that there is to find in the same records before they were soiled.
        soil: `lines`, the line on which each record stands, and `soiled`, which records are.
    """
    if not found["total"]:
        return f"{found['rows']:,} of {len(soil['lines']):,} rows read"
    lines, torn = soil["lines"], set() if dirt in READABLE else {soil["lines"][n] for n in soil["soiled"]}
    told = torn & set(found["told"])
    wrong = missed = 0
    for check in CHECKS:
        if check not in found["total"]:
            continue
        expected = {lines[line - 2] for line, _ in clean["first"][check]} - torn
        listed = {line for line, _ in found["first"][check]} - torn
        strange = found["total"][check] - len(expected) - len(torn)
        if len(found["first"][check]) >= FIRST:
            expected = {line for line in expected if line <= max(listed, default=0)}
        if check == "unique" and found["unit"] != "records":
            listed &= expected
            expected = listed
        wrong += max(len(listed - expected), strange)
        missed += len(expected - listed)
    parts: list[str] = []
    lost = len(lines) - len(torn) - int(found["rows"])
    if wrong > _SHIFTED:
        parts.append(f"columns shifted in silence: {wrong:,} false findings")
    elif wrong or missed:
        parts.append(f"{wrong:,} findings on other lines than theirs or false, {missed:,} missed")
    if torn and len(told) == len(torn):
        parts.insert(0, f"all {len(torn):,} unreadable lines told")
    elif torn and lost >= 0 and not told:
        parts.append(f"{len(torn) + lost:,} records left out in silence")
    elif torn:
        parts.append(f"{-lost:,} unreadable lines taken in in silence" + (f", {len(told):,} told" if told else ""))
    elif lost > 0:
        parts.append(f"{lost:,} records left out in silence")
    return "; ".join(parts) or "all read, every finding on its line"


def aborted(code: int, said: str) -> str:
    """In words that a program gave up."""
    return f"aborted: {said}" if said else f"aborted with exit code {code}"
