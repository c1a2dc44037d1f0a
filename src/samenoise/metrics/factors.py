"""Which choice costs agreement: an additive model of the scores of all pairs of models.

    y_ij = mean + sum_f effect_f [i and j differ in f] + u_i + u_j + e_ij,     u ~ N(0, s_u^2),   e ~ N(0, s_e^2)

A model that agrees with none lowers all of its pairs: they are not so many independent witnesses, and a mean over pairs
with an interval by their number is far too sure. ``u`` says so (a random effect of both members of a pair). Variances
are those of restricted maximum likelihood, effects of generalized least squares, intervals Student's with
Satterthwaite's degrees of freedom (Giesbrecht and Burns 1985): of a factor that two models of thirty differ in there
are few, however many pairs they are in.

What cannot be told is not estimated: a factor in which no pair differs, or every pair, or which goes with others (all
flow models are of one width, say) has no effect of its own, and a note says which it goes with.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import stdtrit

__all__ = ["Additive", "Effect", "additive"]

Array = NDArray[np.float64]


class Effect(NamedTuple):
    """What differing in one factor adds to the score of a pair, all else alike; NaN with a note where it cannot be
    told."""

    value: float
    ci95: tuple[float, float]
    pairs: int
    """Pairs that differ in it."""
    note: str


class Additive(NamedTuple):
    """The fit."""

    mean: Effect
    """Of two models that differ in no factor; of all pairs."""
    effects: Mapping[str, Effect]
    """By factor, in the order given."""
    model_sd: float
    """``s_u``."""
    pair_sd: float
    """``s_e``."""


def additive(
    scores: ArrayLike,
    pairs: Sequence[tuple[Hashable, Hashable]],
    differs: Sequence[Sequence[str]],
    factors: Sequence[str],
) -> Additive:
    """The effects of factors on the score of a pair.

    Args:
        scores: of every pair, shape ``(pairs,)``; on whatever scale effects are to add up (a share, or its log odds).
        pairs: the two models of each. Pairs and models may be left out.
        differs: of every pair the factors in which its models differ; names that are no factor (``"seed"``, which any
            two models differ in) are not counted.
        factors: their names.

    Raises:
        ValueError: with fewer than two pairs more than effects there is nothing to tell the variances by.
    """
    y = np.asarray(scores, dtype=np.float64)
    if not (y.ndim == 1 and len(y) == len(pairs) == len(differs)):
        raise ValueError(
            f"a score, two models and what they differ in for each pair: got {y.shape}, {len(pairs)} pairs"
        )
    flags = np.array([[factor in each for factor in factors] for each in differs], dtype=np.float64)
    X = np.concatenate([np.ones((len(y), 1)), flags.reshape(len(y), len(factors))], axis=1)
    u, singular, w = np.linalg.svd(X, full_matrices=True)
    rank = int((singular > 1e-9 * singular[0]).sum())
    if len(y) < rank + 2:
        raise ValueError(f"{len(y)} pairs cannot tell {rank} effects and two variances")
    fit = _Fit(y, u[:, :rank], _membership(pairs))
    contrasts, null = w[:rank].T / singular[:rank], w[rank:].T
    found = []
    for column, note in enumerate(_notes(X, null, ["the mean", *factors])):
        told = (math.nan, (math.nan, math.nan)) if note else fit.interval(contrasts[column])
        found.append(Effect(*told, int(X[:, column].sum()), note))
    return Additive(found[0], dict(zip(factors, found[1:], strict=True)), fit.model_sd, fit.pair_sd)


def _membership(pairs: Sequence[tuple[Hashable, Hashable]]) -> Array:
    """1 where a model is one of the pair, shape ``(pairs, models)``."""
    models = list(dict.fromkeys(model for pair in pairs for model in pair))
    return np.array([[float(model in pair) for model in models] for pair in pairs])


def _notes(X: Array, null: Array, names: Sequence[str]) -> list[str]:
    """Why a column's effect cannot be told, empty where it can: it is part of a combination that changes nothing."""
    together = np.abs(null @ null.T) > 1e-9
    notes = []
    for column, name in enumerate(names):
        others = [other for k, other in enumerate(names) if together[column, k] and other != name]
        if not together[column, column]:
            notes.append("")
        elif column and not X[:, column].any():
            notes.append("no two models differ in it")
        elif column and X[:, column].all():
            notes.append("every two models differ in it")
        else:
            notes.append(f"cannot be told from {', '.join(others)}")
    return notes


class _Fit:
    """Variances by restricted maximum likelihood, and intervals of combinations of ``gamma``; ``y = U gamma + Z u + e``
    with orthonormal ``U``.

    Everything is in units of ``s_e``, ``V = I + ratio Z Z^T``; with ``Z^T Z = E diag(d) E^T`` and ``T = Z E`` its
    inverse is ``I - T diag(ratio / (1 + ratio d)) T^T``.
    """

    def __init__(self, y: Array, U: Array, Z: Array) -> None:
        self.y, self.U = y, U
        d, vectors = np.linalg.eigh(Z.T @ Z)
        self.d, self.T = np.maximum(d, 0), Z @ vectors
        ratio = math.exp(minimize_scalar(self._deviance, bounds=(-14, 10), method="bounded").x)
        A, information, gamma, left = self._solved(ratio)
        pair = left / (len(y) - U.shape[1])
        self.pair_sd, self.model_sd = math.sqrt(pair), math.sqrt(pair * ratio)
        self.gamma, self.phi = gamma, np.linalg.inv(information)
        # By the two variances, of models and of pairs: the derivative of the inverse covariance of gamma, and REML's
        # expected information tr(P V_k P V_l) / 2, P = V^-1 - A phi A^T.
        self.slopes = (A.T @ self.T) @ (self.T.T @ A), A.T @ A
        PT = self._inverse(self.T, ratio) - A @ self.phi @ (A.T @ self.T)
        shrunk = 1 / (1 + ratio * self.d)
        square = (shrunk**2).sum() + len(y) - len(self.d) - 2 * np.trace(self.phi @ A.T @ self._inverse(A, ratio))
        square += np.trace(self.phi @ self.slopes[1] @ self.phi @ self.slopes[1])
        models, both = ((self.T.T @ PT) ** 2).sum(), (PT**2).sum()
        self.variances = 2 * pair**2 * np.linalg.inv(np.array([[models, both], [both, square]]))

    def interval(self, contrast: Array) -> tuple[float, tuple[float, float]]:
        """Value and 95 % interval of ``contrast . gamma``."""
        value, along = float(contrast @ self.gamma), self.phi @ contrast
        variance = self.pair_sd**2 * float(contrast @ along)
        gradient = np.array([along @ slope @ along for slope in self.slopes])
        degrees = 2 * variance**2 / float(gradient @ self.variances @ gradient)
        half = float(stdtrit(max(degrees, 1.0), 0.975)) * math.sqrt(variance)
        return value, (value - half, value + half)

    def _inverse(self, x: Array, ratio: float) -> Array:
        """``V^-1 x``."""
        out: Array = x - (self.T * (ratio / (1 + ratio * self.d))) @ (self.T.T @ x)
        return out

    def _solved(self, ratio: float) -> tuple[Array, Array, Array, float]:
        """``V^-1 U``, ``U^T V^-1 U``, gamma, and what is left of ``y`` in units of ``V``."""
        A = self._inverse(self.U, ratio)
        information = self.U.T @ A
        gamma = np.linalg.solve(information, A.T @ self.y).astype(np.float64)
        residual = self.y - self.U @ gamma
        return A, information, gamma, float(residual @ self._inverse(residual, ratio))

    def _deviance(self, log_ratio: float) -> float:
        """-2 log of the restricted likelihood, but for a constant."""
        ratio = math.exp(log_ratio)
        _, information, _, left = self._solved(ratio)
        determinants = np.log1p(ratio * self.d).sum() + np.linalg.slogdet(information)[1]
        return float((len(self.y) - self.U.shape[1]) * math.log(left) + determinants)
