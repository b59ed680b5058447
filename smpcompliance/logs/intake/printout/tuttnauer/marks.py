"""What tells a printout of a Tuttnauer autoclave: lines that only this family writes."""

import re

from smpcompliance.patterns import pattern

SAMPLE_BYTES = 8192
MARKS_NEEDED = 2
MARK = pattern(
    rb"^[ \t]*(?:(?P<serial>Ser\. Num:)|(?P<software>Software vers\.:)|(?P<number>Cycle Num:)|(?P<clock>CLK [12]:)"
    rb"|(?P<date>Date:\s*\d{1,2}/[A-Z]{3}/\d{4})|(?P<set>Ster\. (?:Temp|Time)\.? )|(?P<model>Model:\s*ELARA)"
    rb"|(?P<status>Status: (?:Cycle|Test|Process) ))",
    re.MULTILINE,
)


def recognises(data: bytes) -> bool:
    """Whether these bytes look like a Tuttnauer printout: at least two of the lines only this family writes."""
    sample = data[:SAMPLE_BYTES]
    if sample[:2] in (b"\xff\xfe", b"\xfe\xff"):
        sample = sample.replace(b"\0", b"")
    if sample.count(0) * 20 > len(sample):
        return False
    marks = {mark.lastgroup for mark in MARK.finditer(sample.replace(b"\r", b"\n"))}
    return len(marks) >= MARKS_NEEDED
