"""What a preset of ``lively.py`` should have drawn: subsets by the published recipe, networks trained again from their
documented seeds, images drawn again from the noise bank. Nothing is read from the run that is to be checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import rescored
import torch
from lively import Preset
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits
from torch import Tensor

from samenoise.denoiser import Denoiser, NetworkDenoiser
from samenoise.fresh import FreshNoise
from samenoise.networks import build
from samenoise.noise import NoiseBank
from samenoise.oracle import Empirical, Gaussian, Mixture
from samenoise.process import EDM, Flow, Process
from samenoise.solver import DDIM, Heun, Solver, generate
from samenoise.training.cohort import Cohort
from samenoise.training.order import child_seed
from samenoise.training.recipe import Recipe

SHAPE = (1, 8, 8)
Images = NDArray[np.float32]
PROCESSES: dict[str, Callable[[], Process]] = {"edm": EDM, "flow": Flow}


@dataclass(frozen=True, eq=False)
class World:
    """A preset's data, networks and images; each is made once, when it is asked for."""

    preset: Preset
    _made: dict[Any, Any] = field(default_factory=dict)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    @cached_property
    def truth(self) -> Mixture:
        """The mixture that the data are samples of."""
        data = self.preset["data"]
        with threadpool_limits(1):
            return Mixture.fit(digits(), data["components"], EDM(), data["reg_covar"], self.preset["seed"])

    @cached_property
    def images(self) -> Tensor:
        """The whole data set."""
        if self.preset["data"].get("source") != "mixture":
            return digits()
        count = self.largest + self.preset["data"]["held_out"]
        with threadpool_limits(1):
            return self.truth.sample(NoiseBank(child_seed(self.preset["seed"], "mixture"), (65,)), range(count))[0]

    @property
    def largest(self) -> int:
        return max(self.preset["sizes"])

    @cached_property
    def order(self) -> list[int]:
        """The argsort of raw words of Philox, key [seed, 0], counter [0, 0, 0, 1]."""
        words = np.random.Philox(key=[self.preset["seed"], 0], counter=[0, 0, 0, 1]).random_raw(len(self.images))
        return [int(i) for i in np.argsort(words, kind="stable")]

    def ids(self, n: int, part: str = "a") -> list[int]:
        """The first ``n`` of the order, or the ``n`` after those for part "b"."""
        return self.order[:n] if part == "a" else self.order[n : n + n]

    @property
    def held_out_ids(self) -> list[int]:
        """The end of the order."""
        return self.order[len(self.order) - self.preset["data"]["held_out"] :]

    def real(self, ids: list[int]) -> Images:
        return self.images[ids].flatten(1).numpy()

    @property
    def deviation(self) -> float:
        """What networks take for ``sigma_data``: EDM's own, or that of all pixels, to four digits."""
        given: float | str = self.preset.get("network", {}).get("sigma_data", 0.5)
        return float(given) if given != "measured" else round(float(self.images.numpy().astype(np.float64).std()), 4)

    @property
    def mean(self) -> NDArray[np.float64]:
        """Of the largest training set: what the feature ``pixel`` takes off."""
        return self.real(self.ids(self.largest)).astype(np.float64).mean(0)

    @cached_property
    def z(self) -> NDArray[np.float64]:
        """The noises that sampling starts at."""
        spec = self.preset["sampling"]
        return NoiseBank(spec["bank_seed"], SHAPE)[range(spec["noises"])].flatten(1).numpy().astype(np.float64)

    @cached_property
    def directions(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Orthonormal rows along which the largest training set varies, of fewer images than pixels, then rows for all
        else; and the variance along each, the larger of that set's and the held-out images'."""
        sets = [self.real(ids).astype(np.float64) for ids in (self.ids(self.largest), self.held_out_ids)]
        sets = [x - x.mean(0) for x in sets]
        rank = len(sets[0]) - 1
        assert rank < sets[0].shape[1]
        basis = np.linalg.svd(sets[0])[2]
        along = [((x @ basis.T) ** 2).mean(0) for x in sets]
        for variance in along:  # directions outside have one variance
            variance[rank:] = variance[rank:].mean()
        return basis, np.max(along, axis=0)

    def clean(self, images: NDArray[Any]) -> NDArray[np.float64]:
        """Without the part of the noise by which they vary more than real images."""
        basis, variance = self.directions
        rank = self.largest - 1
        x, z = ((v - v.mean(0)) @ basis.T for v in (images.astype(np.float64), self.z))
        groups = [slice(k, k + 1) for k in range(rank)] + [slice(rank, None)]
        taken = np.zeros(len(variance))
        for group in groups:
            slope = (x[:, group] * z[:, group]).mean() / (z[:, group] ** 2).mean()
            room = variance[group][0] - ((x[:, group] - slope * z[:, group]) ** 2).mean()
            taken[group] = np.sign(slope) * max(abs(slope) - np.sqrt(max(room, 0)), 0)
        return images - ((self.z @ basis.T) * taken) @ basis

    def left(self, images: NDArray[Any]) -> tuple[float, float]:
        """The slope of images on noise in the directions of least variance, and the most that it could be."""
        basis, variance = self.directions
        rank = self.largest - 1
        order = np.argsort(variance, kind="stable")  # those outside, together, are first or not there
        share = np.cumsum(variance[order]) / variance.sum()
        quiet = {
            int(k) for k, s, before in zip(order, share, range(len(order)), strict=True) if s <= 1e-4 or before < 4
        }
        outside = set(range(rank, len(variance)))
        quiet = quiet | outside if quiet & outside else quiet
        chosen = sorted(quiet)
        x, z = ((v - v.mean(0)) @ basis[chosen].T for v in (images.astype(np.float64), self.z))
        return float((x * z).sum() / (z * z).sum()), float(np.sqrt(variance[chosen]).mean())

    def unseen(self, at: Callable[[int], Denoiser], predicts: str = "edm") -> list[NDArray[np.float64]]:
        """Losses of the held-out images at the end and half-way, each the mean of four levels: squared error of what
        the network predicts, from that of its denoiser."""
        updates = self.preset["training"]["updates"]
        return [self._losses(at(update), predicts) for update in (updates, updates // 2)]

    def _losses(self, denoiser: Denoiser, predicts: str) -> NDArray[np.float64]:
        images, seed = self.images[self.held_out_ids], child_seed(self.preset["seed"], "unseen")
        n, total = len(images), 0
        for k in range(4):
            words = np.random.Generator(np.random.Philox(key=[seed, k + 1]))
            words.random((2, n))  # images and times of a training
            z = torch.from_numpy(words.standard_normal((n, *SHAPE), dtype=np.float32))
            errors = []
            for i in range(n):
                t = denoiser.process.training_time(torch.tensor([(k + (i + 0.5) / n) / 4], dtype=torch.float64))
                alpha, sigma = (float(c) for c in denoiser.process.alpha_sigma(t))
                with torch.no_grad():
                    estimate = denoiser(alpha * images[i : i + 1] + sigma * z[i : i + 1], t)
                scale = {"edm": (sigma * self.deviation) ** 2 / (sigma**2 + self.deviation**2), "flow": sigma**2}
                errors.append(float((estimate - images[i]).square().mean()) / scale[predicts])
            total = total + np.array(errors) / 4
        return total

    def network(self, width: int, n: int, part: str = "a", update: int | None = None) -> Denoiser:
        """A network of a sweep, after an update or at the end of its training."""
        label, seed = f"mlp-{width}", self.preset["seed"]
        weights, noise = child_seed(seed, "weights", label, n, part), child_seed(seed, "training", label, part)
        looks = self.once((width, n, part), lambda: self._train(width, self.ids(n, part), weights, noise))
        return looks[update or self.preset["training"]["updates"]]

    def model(self, label: str, update: int | None = None) -> Denoiser:
        """One of the ``models``, after an update or at the end of its training."""
        spec, seed = self.preset["models"][label], self.preset["seed"]
        weights, noise = (child_seed(seed, what, label, spec.get("seed", 0)) for what in ("weights", "training"))
        width = spec.get("width", self.preset["widths"][-1])
        how = spec.get("process", {}).get("name", "edm"), spec.get("network", {}).get("parameterisation", "edm")
        make = lambda: self._train(width, self.ids(self.largest), weights, noise, *how)  # noqa: E731
        return self.once(label, make)[update or self.preset["training"]["updates"]]

    def _train(
        self, width: int, ids: list[int], weights: int, noise: int, process: str = "edm", predicts: Any = "edm"
    ) -> dict[int, Denoiser]:
        """A cohort of one, and the average of its weights after every update that a sweep may look at."""
        recipe = Recipe(**{key: value for key, value in self.preset["training"].items() if key != "cohort"})
        made = PROCESSES[process]()
        network = build("mlp", SHAPE, width, None, weights)
        cohort = Cohort([network], [self.images[ids]], [noise], ["anew"], made, predicts, recipe, self.deviation)
        state, found = cohort.start(), {}
        for _ in cohort.train(state):
            if state.update in (*looks(recipe.updates), recipe.updates // 2):
                averaged = build("mlp", SHAPE, width, None, 0)
                averaged.load_state_dict({key: value.clone() for key, value in cohort.weights(state)[0].items()})
                found[state.update] = NetworkDenoiser(averaged.eval(), made, SHAPE, predicts, self.deviation)
        return found

    def optimum(self, n: int) -> Denoiser:
        return Empirical(self.images[self.ids(n)], EDM())

    def gaussian(self, n: int, part: str = "a") -> Denoiser:
        return Gaussian.fit(self.images[self.ids(n, part)], EDM())

    def draw(
        self, denoiser: Denoiser, ceiling: bool = False, solver: Solver | None = None, steps: int = 0, fresh: int = 0
    ) -> Images:
        """Images of all noises, shape ``(noises, 64)``; with ``ceiling``, at the other batch size."""
        spec = self.preset["sampling"]
        steps = steps or spec["steps"]
        batches = generate(
            denoiser,
            NoiseBank(spec["bank_seed"], SHAPE),
            range(spec["noises"]),
            solver=solver or Heun(),
            steps=steps,
            batch_size=spec["ceiling_batch" if ceiling else "batch"],
            fresh=FreshNoise(fresh, SHAPE) if fresh else None,
        )
        return torch.cat([batch.images for batch in batches]).flatten(1).numpy()

    def drawn(self, kind: str, *key: Any, ceiling: bool = False) -> Images:
        """:meth:`draw` of ``network``, ``model``, ``optimum``, ``gaussian`` or ``teacher``, once."""
        make = {"teacher": lambda: self.truth}.get(kind, lambda: getattr(self, kind)(*key))
        return self.once((kind, *key, ceiling, "drawn"), lambda: self.draw(make(), ceiling))

    def twice(self, kind: str, *key: Any) -> tuple[Images, Images]:
        """At both batch sizes."""
        return self.drawn(kind, *key), self.drawn(kind, *key, ceiling=True)


def beside_real(world: World, name: str, x: Images, gaussian: Images, unseen: dict[Any, Any]) -> dict[Any, Any]:
    """Rows of a network beside real images, those of its loss on unseen ones among them."""
    pool, held_out = world.real(world.ids(world.largest)), world.real(world.held_out_ids)
    rows = rescored.likeness(x, pool, held_out, gaussian, world) | unseen
    return {((name, b), metric): row for (b, metric), row in rows.items()}


def digits() -> Tensor:
    """Levels 0..16 as -1..1."""
    return torch.from_numpy(load_digits().images / 8 - 1).float()[:, None]


def looks(updates: int) -> list[int]:
    """Two looks for every doubling from 64 on, and the last."""
    spaced = [round(64 * 2 ** (k / 2)) for k in range(40)]
    return [u for u in spaced if u < updates] + [updates]


SOLVERS: dict[tuple[str, float], Solver] = {("ddim", 0.0): DDIM(), ("heun", 0.0): Heun(), ("ddim", 0.5): DDIM(0.5)}
