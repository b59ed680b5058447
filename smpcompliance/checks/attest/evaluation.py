"""Kind `attest`, judged."""

import numpy as np

from smpcompliance.checks.attest import Attest
from smpcompliance.checks.base import Evaluation, Scope, Verdict, nothing_found


class Judging(Evaluation[Attest]):
    def evaluate(self, scope: Scope) -> Verdict:
        return Verdict(np.zeros(len(scope.studios), np.int64), nothing_found("sessions"), nothing_found("sessions"))
