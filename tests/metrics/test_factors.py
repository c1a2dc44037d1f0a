"""Effects of factors on the scores of pairs."""

from __future__ import annotations

import math
import warnings
from itertools import combinations

import numpy as np
import pytest

from samenoise.metrics import additive

MODELS = {f"{process}-{width}-{seed}": (process, width) for process in "efv" for width in (1, 2) for seed in (0, 1)}
PAIRS = list(combinations(MODELS, 2))


def differs(a: str, b: str) -> list[str]:
    names = ("process", "width")
    return [name for name, x, y in zip(names, MODELS[a], MODELS[b], strict=True) if x != y] or ["seed"]


DIFFERS = [differs(a, b) for a, b in PAIRS]


def made(rng: np.random.Generator, models: float, pairs: float) -> np.ndarray:
    u = dict(zip(MODELS, models * rng.normal(size=len(MODELS)), strict=True))
    cost = {"process": -0.2, "width": -0.05}
    sums = [u[a] + u[b] + sum(cost.get(f, 0) for f in some) for (a, b), some in zip(PAIRS, DIFFERS, strict=True)]
    return 0.8 + np.array(sums) + pairs * rng.normal(size=len(PAIRS))


@pytest.mark.parametrize(("models", "pairs"), [(0.1, 0.05), (0.02, 0.1)])
def test_it_is_the_mixed_model_of_statsmodels(models: float, pairs: float) -> None:
    """REML with one random effect whose design has both members of a pair."""
    from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

    y = made(np.random.default_rng(0), models, pairs)
    names = list(MODELS)
    Z = np.array([[float(name in pair) for name in names] for pair in PAIRS])
    X = np.array([[1, "process" in some, "width" in some] for some in DIFFERS], dtype=float)
    spec = VCSpec(["model"], [[names]], [[Z]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it fears the edge of where variances lie
        other = MixedLM(y, X, np.ones(len(y)), exog_vc=spec).fit(reml=True)
    found = additive(y, PAIRS, DIFFERS, ["process", "width"])
    values = [found.mean.value, found.effects["process"].value, found.effects["width"].value]
    np.testing.assert_allclose(values, other.fe_params, atol=2e-5)
    assert found.pair_sd == pytest.approx(math.sqrt(other.scale), rel=1e-3)
    assert found.model_sd == pytest.approx(math.sqrt(other.vcomp[0]), rel=1e-2)
    assert found.effects["process"].pairs == 48
    # Its standard errors are normal theory's; Student's quantile with few degrees of freedom is larger.
    errors = np.array(other.bse_fe)
    halves = [(e.ci95[1] - e.ci95[0]) / 2 for e in (found.mean, *found.effects.values())]
    assert np.all(halves / errors > 1.95)
    assert np.all(halves / errors < 2.6)


def test_effects_add_up_exactly() -> None:
    found = additive(made(np.random.default_rng(0), 0, 1e-9), PAIRS, DIFFERS, ["process", "width"])
    assert found.mean.value == pytest.approx(0.8)
    assert found.effects["process"].value == pytest.approx(-0.2)
    assert found.effects["width"].value == pytest.approx(-0.05)


def test_effects_are_covered_where_a_mean_over_pairs_is_too_sure() -> None:
    """Models that differ much: a mean over the pairs as if they were independent holds its effect less often."""
    rng, held, naive = np.random.default_rng(0), 0, 0
    flags = np.array([[1, "process" in some, "width" in some] for some in DIFFERS], dtype=float)
    for _ in range(300):
        y = made(rng, 0.2, 0.05)
        low, high = additive(y, PAIRS, DIFFERS, ["process", "width"]).mean.ci95
        held += low <= 0.8 <= high
        beta, left, _, _ = np.linalg.lstsq(flags, y, rcond=None)
        error = math.sqrt(left[0] / (len(y) - 3) * np.linalg.inv(flags.T @ flags)[0, 0])
        naive += abs(beta[0] - 0.8) < 2 * error
    assert 0.91 < held / 300 < 0.985
    assert naive / 300 < 0.85


def test_what_cannot_be_told_is_said() -> None:
    y = made(np.random.default_rng(0), 0.05, 0.05)
    together = [[*some, *(["updates"] if "process" in some else [])] for some in DIFFERS]
    found = additive(y, PAIRS, together, ["process", "width", "updates", "architecture"])
    assert found.effects["process"].note == "cannot be told from updates"
    assert found.effects["updates"].note == "cannot be told from process"
    assert found.effects["architecture"].note == "no two models differ in it"
    assert np.isnan([found.effects["updates"].value, *found.effects["updates"].ci95]).all()
    alone = additive(y, PAIRS, DIFFERS, ["process", "width"])
    assert found.effects["width"].note == ""
    assert found.effects["width"].ci95 == pytest.approx(alone.effects["width"].ci95)
    assert found.mean.ci95 == pytest.approx(alone.mean.ci95)
    everywhere = additive(y, PAIRS, [[*some, "seed"] for some in DIFFERS], ["seed", "width"])
    assert everywhere.effects["seed"].note == "every two models differ in it"
    assert everywhere.mean.note == "cannot be told from seed"


def test_models_may_be_left_out() -> None:
    y = made(np.random.default_rng(0), 0.05, 0.05)
    kept = [k for k, pair in enumerate(PAIRS) if "e-1-0" not in pair]
    found = additive(y[kept], [PAIRS[k] for k in kept], [DIFFERS[k] for k in kept], ["process", "width"])
    assert found.mean.pairs == 55
    assert found.effects["width"].note == ""


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="3 pairs cannot tell 2 effects and two variances"):
        additive([0.1, 0.2, 0.3], PAIRS[:3], [["process"], [], ["process"]], ["process"])
    with pytest.raises(ValueError, match="two models and what they differ in"):
        additive([0.1], PAIRS[:2], DIFFERS[:2], ["process"])
