"""``teacher``: distances from the truth and from the optimum, from the samples in the store."""

import numpy as np
import pytest
from tiny import drawn, find


def test_rows_equal_an_independent_computation(teacher_run):
    agenda, store, rows = teacher_run
    study = agenda.study
    truth = drawn(agenda, store, study.truth()).astype(np.float64)
    for n in agenda.config.common.sizes:
        model, optimum = drawn(agenda, store, study.model(16, n)), drawn(agenda, store, study.optimum(n))
        for metric, a, b in (("e_gen", model, truth), ("e_mem", model, optimum)):
            expected = np.sqrt(((a.astype(np.float64) - b) ** 2).sum(1).mean())
            assert find(rows, metric=metric, n_train=n, width=16)["value"] == pytest.approx(expected, rel=1e-6)
        expected = np.sqrt(((optimum - truth) ** 2).sum(1).mean())
        assert find(rows, metric="pfd", n_train=n)["value"] == pytest.approx(expected, rel=1e-6)
