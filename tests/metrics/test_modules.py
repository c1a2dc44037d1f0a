"""The torchmetrics modules: batches, resets and processes merge to what the pure functions say of the whole."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import Tensor, multiprocessing

from samenoise.metrics import (
    RBF,
    Score,
    gl,
    leftover,
    mae_score,
    mmd,
    nn_ratio,
    pfd,
    rp,
    rp_auc,
    rp_top1,
    variation,
)
from samenoise.metrics.modules import (
    FlowDistance,
    Generalization,
    KernelDistance,
    LeftoverNoise,
    MAEScore,
    NNRatio,
    RankAgreement,
    Reproducibility,
)

GENERATOR = torch.Generator().manual_seed(0)
TRAIN = torch.rand(20, 1, 3, 3, generator=GENERATOR) * 2 - 1
A = TRAIN[torch.arange(50) % 20] + 0.5 * torch.linspace(0, 1, 50)[:, None, None, None] * torch.randn(
    50, 1, 3, 3, generator=GENERATOR
)
B = A + 0.2 * torch.randn(50, 1, 3, 3, generator=GENERATOR)
REAL = variation(TRAIN)

CASES: dict[str, tuple[Callable[[], object], Callable[[slice], tuple[Tensor, ...]], Score]] = {
    "rp": (
        lambda: Reproducibility(0.95),
        lambda s: (A[s].flatten(1), B[s].flatten(1)),
        rp(A.flatten(1), B.flatten(1), 0.95),
    ),
    "mae_score": (lambda: MAEScore(20.0), lambda s: (A[s], B[s]), mae_score(A, B, 20.0)),
    "gl": (
        lambda: Generalization(TRAIN.flatten(1), 0.95),
        lambda s: (A[s].flatten(1),),
        gl(A.flatten(1), TRAIN.flatten(1), 0.95).score,
    ),
    "nn_ratio": (lambda: NNRatio(TRAIN), lambda s: (A[s],), nn_ratio(A, TRAIN).score),
    "pfd": (FlowDistance, lambda s: (A[s], B[s]), pfd(A, B)),
    "rp_auc": (
        RankAgreement,
        lambda s: (A[s].flatten(1), B[s].flatten(1)),
        rp_auc(A.flatten(1), B.flatten(1)),
    ),
    "rp_top1": (
        lambda: RankAgreement(top1=True),
        lambda s: (A[s].flatten(1), B[s].flatten(1)),
        rp_top1(A.flatten(1), B.flatten(1)),
    ),
    "leftover": (
        lambda: LeftoverNoise(REAL),
        lambda s: (A[s] + 0.5 * B[s], B[s]),
        leftover(A + 0.5 * B, B, REAL).score,
    ),
    "mmd": (
        lambda: KernelDistance(TRAIN.flatten(1), RBF(1.0)),
        lambda s: (A[s].flatten(1),),
        mmd(A.flatten(1), TRAIN.flatten(1), RBF(1.0)),
    ),
}
SHARES = ("rp", "mae_score", "gl", "nn_ratio")
SLICES = [slice(0, 7), slice(7, 31), slice(31, 50)]


def close(score: Score, expected: Score) -> None:
    assert score.n == expected.n
    assert [score.value, *score.ci95] == pytest.approx([expected.value, *expected.ci95], rel=1e-6)


@pytest.mark.parametrize("name", CASES)
def test_batches_in_any_order_equal_the_whole(name: str) -> None:
    make, batch, expected = CASES[name]
    assert name not in SHARES or 0.1 < expected.value < 0.9
    metric = make()
    for s in reversed(SLICES):
        metric.update(*batch(s))
    assert metric.compute().item() == pytest.approx(expected.value)
    close(metric.score(), expected)
    metric.reset()
    first = metric(*batch(SLICES[0]))  # forward: the score of the batch, and an update
    assert first == metric.compute()
    assert metric.score().n == 7


@pytest.mark.parametrize("name", CASES)
def test_merged_states_equal_the_whole(name: str) -> None:
    make, batch, expected = CASES[name]
    left, right = make(), make()
    left.update(*batch(SLICES[1]))
    right.update(*batch(SLICES[0]))
    right.update(*batch(SLICES[2]))
    left.merge_state(right)
    close(left.score(), expected)


def test_no_hit_is_lost_to_rounding() -> None:
    """0.29 * 100 is 28.999... in floating point."""
    metric = Reproducibility(0.5)
    metric.update(torch.ones(100, 1), torch.where(torch.arange(100)[:, None] < 29, 1.0, -1.0))
    assert metric.compute().item() == pytest.approx(0.29)


def test_the_training_set_is_not_saved_with_the_metric() -> None:
    assert not Generalization(TRAIN.flatten(1), 0.95).state_dict()


def _process(rank: int, store: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    for make, batch, expected in CASES.values():
        metric = make()
        for s in SLICES[rank::2]:  # process 0 sees two batches, process 1 one
            metric.update(*batch(s))
        assert metric.compute().item() == pytest.approx(expected.value)
        close(metric.score(), expected)
        close(metric.score(), expected)  # and the states are their own again
    dist.destroy_process_group()


def test_two_processes_equal_one(tmp_path: Path) -> None:
    multiprocessing.spawn(_process, args=(str(tmp_path / "store"),), nprocs=2)


def test_only_the_modules_need_torchmetrics() -> None:
    code = (
        "import sys; sys.modules['torchmetrics'] = None\n"
        "import samenoise.metrics\n"
        "try:\n    import samenoise.metrics.modules\n"
        "except ImportError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "samenoise.metrics.modules needs torchmetrics: pip install 'samenoise[torchmetrics]'"
