"""Spore tests whose control did not grow: the strips were dead, and the test says nothing, whatever its result says."""

import numpy as np

from smpcompliance.logs import arrow
from smpcompliance.logs.cells import Coded
from smpcompliance.logs.intake.raw import Remarks
from smpcompliance.logs.intake.settling.joining import with_text
from smpcompliance.logs.table import Log

VOID = "void"


def without_dead_controls(log: Log, remarks: Remarks) -> Log:
    """The log of spore tests, with each passed test void whose control did not grow.

    A failed test stays one: something grew in it.

    Args:
        remarks: takes how many tests of a file are void for that reason.
    """
    if not {"result", "control_result"} <= set(log.text):
        return log
    results, controls = log.cells("result"), log.cells("control_result")
    assert isinstance(results, Coded)
    assert isinstance(controls, Coded)
    dead = results.where(lambda word: word == "pass") & controls.where(lambda word: word == "no_growth")
    rows = np.flatnonzero(dead)
    if not len(rows):
        return log
    for file in np.unique(log.file[rows]).tolist():
        own = rows[log.file[rows] == file]
        text = (
            f"{len(own)} spore tests are void, not passed (first on line {log.line[own[0]]}): their control did not "
            "grow, so the strips were dead. Test again"
        )
        remarks.append((int(log.studio[own[0]]), log.files[file].place, text))
    return with_text(log, "result", rows, arrow.strings([VOID] * len(rows)))
