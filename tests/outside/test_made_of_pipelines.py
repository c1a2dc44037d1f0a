"""What the benchmarks make of a pipeline: all its steps as one network, to be exported; a student of one step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from pipelines_made import options, quiet, told

import benchmarks.students as students
from benchmarks.exported import Whole, steps_of
from samenoise.noise import NoiseBank
from samenoise.outside import open_target

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of diffusers with NumPy 2


def opened(pipeline, kind, **more):
    with quiet():
        return open_target(pipeline(kind), options(kind, **more))


@pytest.mark.parametrize(("kind", "clamped"), [("edm", False), ("consistency", True), ("dit", True), ("ddim", False)])
def test_all_steps_in_one_network_draw_what_the_pipeline_draws(pipeline, kind, clamped):
    model = opened(pipeline, kind)
    z, labels = NoiseBank(0, model.shape)[:3], None if told(kind) is None else torch.tensor(told(kind))
    steps = options(kind)["steps"]
    with torch.no_grad():
        found = Whole(model.pipe, model.scheduler, steps, clamped)(z, labels)
    np.testing.assert_allclose(found, model.draw(z.numpy(), told(kind)), atol=3e-5)
    assert len(steps_of(model.scheduler, steps)[1]) == steps


@pytest.mark.parametrize("kind", ["ddim", pytest.param("dit", marks=pytest.mark.slow)])
def test_a_student_comes_nearer_to_its_teacher_and_is_a_pipeline(pipeline, tmp_path, monkeypatch, kind):
    monkeypatch.setattr(students, "PAIRS", 96)
    teacher = opened(pipeline, kind)
    z, classes = NoiseBank(0, teacher.shape)[:16].numpy(), told(kind)
    labels = None if classes is None else [classes[k % len(classes)] for k in range(len(z))]
    drawn, apart = teacher.draw(z, labels), []
    for updates in (1, 25):
        place = students.student(
            Path(pipeline(kind)), options(kind), tmp_path / str(updates), classes or (), updates=updates
        )
        how = students.AT_ONCE if classes is None else students.UNGUIDED
        found = open_target(str(place), how)
        assert found.about["steps"] == 1
        apart.append(np.square(found.draw(z, labels) - drawn).mean())
    assert apart[1] < 0.7 * apart[0]
