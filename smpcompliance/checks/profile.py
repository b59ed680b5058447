"""The studios' profiles as rows, so that `applies_to` is judged like any other condition."""

import numpy as np

from smpcompliance.checks.judging import Rows
from smpcompliance.dates import Mask
from smpcompliance.logs.cells import Cells
from smpcompliance.logs.table import Logs


class Profiles(Rows):
    """One row per studio; the columns are `studio.<field>`."""

    def __init__(self, logs: Logs) -> None:
        super().__init__(logs, "", None)

    def __len__(self) -> int:
        return len(self.logs.studios)

    def cells(self, path: str) -> Cells:
        return self.logs.profile(path.removeprefix("studio."))

    def unmapped(self, path: str) -> Mask:
        return np.zeros(len(self), bool)
