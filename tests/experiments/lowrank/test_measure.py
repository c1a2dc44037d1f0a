"""Rows of a tiny run, computed once more: Jacobians by autograd from the stored weights, all else by numpy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jsonschema
import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from tiny_room import Tiny
from torch.autograd.functional import jacobian

from samenoise.experiments.lowrank import experiment
from samenoise.lab.run_files import CORE, OPTIONAL, read_run
from samenoise.lab.schema import scores_schema
from samenoise.networks.checkpoint import from_pretrained

HELD_OUT, TRAIN = "heldout", "train"
Points = dict[str, np.ndarray]


def philox_noise(seed: int, i: int, size: int) -> np.ndarray:
    """The recipe of the noise bank, written out."""
    from scipy.special import ndtri

    raw = np.random.Philox(key=[seed, 0], counter=[0, 0, i, 0]).random_raw(size)
    return ndtri(((raw >> np.uint64(11)) + 0.5) * 2.0**-53).astype(np.float32).astype(np.float64)


def child(seed: int, *labels: object) -> int:
    import hashlib

    text = "/".join([str(seed), *map(str, labels)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")


def digits(tiny: Tiny) -> np.ndarray:
    images = load_file(tiny.store.path(tiny.agenda.study.data) / "images.safetensors")["images"]
    return images.reshape(len(images), -1).astype(np.float64)


def points(tiny: Tiny, n: int) -> Points:
    order = np.argsort(np.random.Philox(key=[0, 0], counter=[0, 0, 0, 1]).random_raw(1797), kind="stable")
    data = digits(tiny)
    return {HELD_OUT: data[order[-20:-16]], TRAIN: data[order[: min(n, 4)]]}


def spectrum(function: Callable[[torch.Tensor], torch.Tensor], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    u, s, _ = np.linalg.svd(jacobian(function, torch.from_numpy(x)).numpy())
    return s, u


def numerical(s: np.ndarray) -> int:
    share = np.cumsum(s**2) / (s**2).sum()
    return int((share <= 0.99**2).sum()) + 1


def exponential_entropy(s: np.ndarray) -> float:
    p = s[s > 0] / s.sum()
    return float(np.exp(-(p * np.log(p)).sum()))


def network(tiny: Tiny, member: Any) -> Callable[[torch.Tensor, float], torch.Tensor]:
    place = tiny.agenda.plan.place(member)
    denoiser = from_pretrained(place.train.place(tiny.store, place.member))
    denoiser.network.double()

    def at(x: torch.Tensor, sigma: float) -> torch.Tensor:
        return denoiser(x.view(1, 1, 8, 8), torch.tensor(sigma, dtype=torch.float64)).view(-1)

    return at


def subjects(tiny: Tiny, n: int) -> dict[str, list[Callable[[torch.Tensor, float], torch.Tensor]]]:
    order = np.argsort(np.random.Philox(key=[0, 0], counter=[0, 0, 0, 1]).random_raw(1797), kind="stable")
    train = torch.from_numpy(digits(tiny)[order[:n]])
    mean, covariance = train.mean(0), torch.cov(train.T, correction=0)

    def optimum(x: torch.Tensor, sigma: float) -> torch.Tensor:
        return torch.softmax(-(x - train).square().sum(1) / (2 * sigma**2), 0) @ train

    def gaussian(x: torch.Tensor, sigma: float) -> torch.Tensor:
        eye = torch.eye(64, dtype=torch.float64)
        return mean + covariance @ torch.linalg.solve(covariance + sigma**2 * eye, x - mean)

    measurement = next(m for m in tiny.agenda.measurements if getattr(m, "n", None) == n and hasattr(m, "sigmas"))
    members = [wanted.member for wanted in measurement.denoisers() if hasattr(wanted, "member")]
    assert len(members) == 2
    assert len({member.model.init_seed for member in members} | {member.model.seed for member in members}) == 4
    return {"optimum": [optimum], "gaussian": [gaussian], "mlp-16": [network(tiny, member) for member in members]}


@pytest.fixture(scope="module")
def spectra(tiny: Tiny) -> dict[tuple[int, str, str], np.ndarray]:
    """(N, model, where) -> (replicates, images, sigmas, 64) singular values."""
    found = {}
    for n in (4, 40):
        for name, replicates in subjects(tiny, n).items():
            for where, images in points(tiny, n).items():
                noises = [philox_noise(child(0, "lowrank", where), i, 64) for i in range(len(images))]
                found[n, name, where] = np.array(
                    [
                        [
                            [spectrum(lambda x, d=d, s=s: d(x, s), y + s * z)[0] for s in (0.1, 1.0, 40.0)]
                            for y, z in zip(images, noises, strict=True)
                        ]
                        for d in replicates
                    ]
                )
    return found


def test_ranks_and_gains_are_those_of_the_jacobian(tiny: Tiny, spectra: Any) -> None:
    for (n, name, where), values in spectra.items():
        for s, sigma in enumerate((0.1, 1.0, 40.0)):
            at = values[:, :, s].reshape(-1, 64)
            key = {"n_train": n, "a": name, "where": where, "sigma": sigma}
            gain = tiny.find(metric="jacobian_gain", **key)
            assert gain["value"] == pytest.approx(at[:, 0].mean(), rel=1e-3)
            assert gain["n"] == values.shape[1]
            if at[:, 0].min() < 1e-30:  # next to nothing, of which rounding decides
                continue
            rank = tiny.find(metric="jacobian_rank", **key)
            assert rank["value"] == pytest.approx(np.mean([numerical(v) for v in at]), abs=0.2)
            assert rank["ci95"][0] <= rank["value"] <= rank["ci95"][1]
            assert (rank["threshold"], rank["baseline"]["ceiling"]) == (0.99, 64)
            entropy = tiny.find(metric="jacobian_entropy_rank", **key)
            assert entropy["value"] == pytest.approx(np.mean([exponential_entropy(v) for v in at]), rel=5e-3)


def test_closed_forms_are_the_baselines(tiny: Tiny) -> None:
    for metric in ("jacobian_rank", "jacobian_entropy_rank", "jacobian_gain"):
        for row in (r for r in tiny.rows if r["metric"] == metric and r["a"] == "mlp-16"):
            key = {k: row[k] for k in ("metric", "n_train", "where", "sigma")}
            assert row["baseline"]["floor"] == tiny.find(a="optimum", **key)["value"]
            assert row["baseline"]["gaussian"] == tiny.find(a="gaussian", **key)["value"]
            assert row["replicates"] == 2


def test_dip_and_gap_are_read_off_the_ranks(tiny: Tiny, spectra: Any) -> None:
    for n in (4, 40):
        ranks = np.apply_along_axis(numerical, -1, spectra[n, "mlp-16", HELD_OUT])
        curve = ranks.mean((0, 1))
        row = tiny.find(metric="rank_dip_sigma", n_train=n, a="mlp-16")
        assert row["value"] == (0.1, 1.0, 40.0)[int(curve.argmin())]
        row = tiny.find(metric="rank_dip_depth", n_train=n, a="mlp-16")
        halves = [ranks[:, k::2].mean((0, 1)) for k in (0, 1)]  # with one level between, both halves look there
        expected = np.mean([min(half[0], half[2]) - half[1] for half in halves])
        assert row["value"] == pytest.approx(expected, abs=0.2)
        trained = np.apply_along_axis(numerical, -1, spectra[n, "mlp-16", TRAIN])
        row = tiny.find(metric="rank_copy_gap", n_train=n, a="mlp-16")
        assert row["sigma"] == 0.1, "the nearest of the levels to 0.12"
        assert row["value"] == pytest.approx(ranks[:, :, 0].mean() - trained[:, :, 0].mean(), abs=0.3)


def world(components: int, dimension: int, replicate: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Bases and samples of a world, by the recipe."""
    seed = child(0, "lowrank", components, dimension, "subspaces", replicate)
    z = philox_noise(child(seed, "bases"), 0, 64 * components * dimension).reshape(64, components * dimension)
    q, r = np.linalg.qr(z)
    bases = (q * np.sign(np.diag(r))).reshape(64, components, dimension).transpose(1, 0, 2)
    a = [philox_noise(child(seed, "samples"), i, dimension) for i in range(count)]
    drawn = np.array([bases[i % components] @ each for i, each in enumerate(a)])
    return bases, drawn.astype(np.float32).astype(np.float64)


@pytest.mark.parametrize(("components", "dimension"), [(1, 2), (1, 4), (2, 2), (2, 4)])
def test_errors_are_those_of_the_leading_directions(tiny: Tiny, components: int, dimension: int) -> None:
    measurement = next(
        m for m in tiny.agenda.measurements if getattr(m, "dimension", 0) == dimension and m.components == components
    )
    shares, count = (0.5, 2, 16), 16 * dimension * components
    errors = []
    for share in shares:
        n = round(share * dimension) * components
        own, span, ranks, pca = [], [], [], []
        for replicate in range(2):
            bases, drawn = world(components, dimension, replicate, count + 4)
            whole = np.concatenate(list(bases), axis=1)
            seed = child(0, "lowrank", components, dimension, "subspaces", replicate)
            denoiser = network(tiny, measurement.network(16, share, replicate).member)
            for i in range(4):
                x = drawn[count + i] + 0.4 * philox_noise(child(seed, "points", HELD_OUT), i, 64)
                s, u = spectrum(lambda x, d=denoiser: d(x, 0.4), x)
                found, mine = u[:, :dimension], bases[(count + i) % components]
                own.append(math.sqrt(max(0, 1 - np.square(mine.T @ found).sum() / dimension)))
                span.append(math.sqrt(max(0, 1 - np.square(whole.T @ found).sum() / dimension)))
                ranks.append(numerical(s))
            for k in range(components):
                rows = drawn[:n][np.arange(n) % components == k]
                found = np.linalg.svd(rows, full_matrices=False)[2][:dimension].T
                pca.append(math.sqrt(max(0, 1 - np.square(bases[k].T @ found).sum() / dimension)))
        key = {"components": components, "dimension": dimension, "per_dimension": share, "n_train": n, "a": "mlp-16"}
        row = tiny.find(metric="subspace_error", **key)
        assert row["value"] == pytest.approx(np.mean(own), abs=2e-3)
        assert row["baseline"]["floor"] == pytest.approx(np.mean(pca), abs=1e-5)
        assert row["baseline"]["ceiling"] == pytest.approx(math.sqrt(1 - dimension / 64))
        assert 0 <= row["ci95"][0] <= row["value"] <= row["ci95"][1] <= 1
        if components > 1:
            row = tiny.find(metric="subspace_span_error", **key)
            assert row["value"] == pytest.approx(np.mean(span), abs=2e-3)
        row = tiny.find(metric="subspace_rank", where=HELD_OUT, **key)
        assert row["value"] == pytest.approx(np.mean(ranks), abs=0.3)
        errors.append(np.mean(own))
    row = tiny.find(metric="subspace_samples_half", components=components, dimension=dimension)
    below = [k for k in range(2) if errors[k] >= 0.5 > errors[k + 1]]
    if errors[0] >= 0.5 and below:
        k = below[0]
        part = (errors[k] - 0.5) / (errors[k] - errors[k + 1])
        expected = math.exp(math.log(shares[k]) + part * math.log(shares[k + 1] / shares[k]))
        assert row["value"] == pytest.approx(expected, rel=2e-2)
        assert row["baseline"]["floor"] == 0.75
    else:
        assert row["value"] is None
        assert row["note"]


def test_what_networks_train_on_is_what_the_formula_says(tiny: Tiny) -> None:
    measurement = next(m for m in tiny.agenda.measurements if getattr(m, "dimension", 0) == 4 and m.components == 2)
    wanted = measurement.network(16, 2, 1)
    cell, n = wanted.member.data, 16
    bases, drawn = world(2, 4, 1, 16 * 8)
    np.testing.assert_allclose(cell.bases().numpy(), bases, rtol=0, atol=1e-12)
    stored = cell.load(tiny.store)
    trained_on = wanted.member.model.subset.ids(cell)
    np.testing.assert_allclose(stored.images[trained_on].reshape(n, 64).numpy(), drawn[:n], rtol=0, atol=1e-6)
    assert stored.labels[trained_on].tolist() == [0, 1] * 8
    assert stored.images.shape == (128, 1, 8, 8)
    assert np.linalg.matrix_rank(stored.images.reshape(128, 64).numpy(), tol=1e-4) == 8
    one, two = (measurement.network(16, 2, r).member.data for r in (0, 1))
    assert not torch.allclose(one.bases(), two.bases()), "each replicate is a world of its own"


def test_the_exact_mixture_is_at_the_floor(tiny: Tiny) -> None:
    for d in (2, 4):
        row = tiny.find(metric="subspace_error", a="mixture", components=1, dimension=d)
        assert row["value"] < 1e-2
        assert tiny.find(metric="subspace_rank", a="mixture", components=1, dimension=d)["value"] == d


def test_networks_of_one_world_train_together(tiny: Tiny) -> None:
    cells = {cell.hash: cell for cell in _trainings(tiny)}
    assert sorted(len(cell.models) for cell in cells.values()) == [3] * 8 + [4]


def _trainings(tiny: Tiny) -> list[Any]:
    from samenoise.runs.cell import in_order

    return [cell for cell in in_order(tiny.agenda.cells) if cell.kind == "train"]


def test_rows_follow_the_schema_and_the_tags(tiny: Tiny) -> None:
    jsonschema.validate({"schema_version": 1, "scores": tiny.rows}, scores_schema([experiment]))
    assert {r["metric"] for r in tiny.rows} == set(experiment.metrics)
    used = {key for r in tiny.rows for key in r} - {*CORE, *OPTIONAL}
    assert used == set(experiment.tags)


def test_report_and_summary_are_made(tiny: Tiny) -> None:
    page = (tiny.store.root / "report" / "index.html").read_text()
    for drawing in experiment.drawings(_read(tiny)):
        assert drawing.alt in page.replace("&#39;", "'")
        assert drawing.draw(narrow=True).get_size_inches()[0] < 4
    tables = list(experiment.tables(_read(tiny), 80))
    assert [table.row_count for table in tables] == [2, 2]


def _read(tiny: Tiny) -> Any:
    return read_run(tiny.store.root).scores
