"""The scores of a comparison against their definitions in NumPy, from the images on."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from memory import traced
from pictures_made import folder, levels

from samenoise.comparison import SideSpec, compare
from samenoise.comparison.scores import measure, median
from samenoise.comparison.side import Conditions
from samenoise.comparison.spool import Spool
from samenoise.features import Pixel
from samenoise.noise import NoiseBank
from samenoise.outside import OutsideError

SHAPE = (3, 4, 4)
N = 60


def plain(noise):
    return np.tanh(noise)


def other(noise):
    """Of some noises another picture, of some nearly the same, of some the same bits."""
    image = np.tanh(noise)
    kind = (np.abs(noise).reshape(len(noise), -1).sum(1) * 1e3).astype(int) % 4
    image[kind == 0] = -image[kind == 0]
    image[kind == 1] += 0.02 * np.sign(noise[kind == 1])
    image[kind == 2] += 0.25 * np.sin(5 * noise[kind == 2])
    return image.astype(np.float32)


def drawn(n=N, seed=0):
    noise = NoiseBank(seed, SHAPE)[:n].numpy()
    return plain(noise).astype(np.float64), other(noise).astype(np.float64)


def by_hand(a, b, mean, threshold=0.95):
    """Every score by another way."""
    x, y = ((side - mean).reshape(len(side), -1) for side in (a, b))
    cosines = (x @ y.T) / np.linalg.norm(x, axis=1)[:, None] / np.linalg.norm(y, axis=1)
    own, off = np.diag(cosines), ~np.eye(len(a), dtype=bool)
    beats = [np.mean(own[:, None] > cosines, where=off), np.mean(own[None] > cosines, where=off)]
    grey = [np.round((side.clip(-1, 1) + 1) * 127.5) for side in (a, b)]
    error = np.square(a.clip(-1, 1) - b.clip(-1, 1)).reshape(len(a), -1).mean(1)
    with np.errstate(divide="ignore"):
        psnr = 20 * np.log10(2 / np.sqrt(error))
    return {
        "rp": np.mean(own > threshold),
        "floor": np.mean(cosines > threshold, where=off),
        "rp_auc": np.mean(beats),
        "mae_score": np.mean(np.abs(grey[0] - grey[1]).reshape(len(a), -1).mean(1) < 15),
        "pfd": math.sqrt(np.mean(np.square(a - b).reshape(len(a), -1).sum(1))),
        "psnr": np.median(psnr),
        "bit_equal": np.mean((a == b).reshape(len(a), -1).all(1)),
    }


def scores(found, group=None):
    [pair] = found.pairs
    rows = {row.metric: row for row in pair.rows if row.group == group}
    return {name: row.value for name, row in rows.items()} | {"floor": rows["rp"].floor}


def agree(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-4, abs=1e-6), name


def test_scores_are_their_definitions():
    a, b = drawn()
    found = compare(plain, other, shape=SHAPE, noises=N, ceiling=0)
    expected = by_hand(a, b, a.mean(0))
    agree(scores(found), expected)
    assert 0.3 < expected["rp"] < 0.9, "the pictures are of all kinds"
    assert 0 < expected["bit_equal"] < expected["rp"]


def test_the_mean_may_be_that_of_data_and_the_threshold_another():
    a, b = drawn()
    mean = torch.full(SHAPE, 0.3)
    found = compare(plain, other, shape=SHAPE, noises=N, ceiling=0, mean=mean, threshold=0.7)
    agree(scores(found), by_hand(a, b, 0.3, 0.7))
    with pytest.raises(OutsideError, match="the data has images of 1x4x4, the sides have 3x4x4"):
        compare(plain, other, shape=SHAPE, mean=torch.zeros(1, 4, 4))


def test_prompts_have_scores_of_their_own_and_overall_is_within_them():
    """The floor of all is over other noises of the same prompt."""

    def told(noise, conditions):
        return plain(noise) + np.array([len(str(c)) for c in conditions])[:, None, None, None] / 50

    def otherwise(noise, conditions):
        return other(noise) + np.array([len(str(c)) for c in conditions])[:, None, None, None] / 50

    prompts = ["a", "a cat", "a dog on a hill"]
    found = compare(told, otherwise, shape=SHAPE, noises=N, ceiling=0, conditions=Conditions(prompts))
    noise = NoiseBank(0, SHAPE)[:N].numpy()
    given = [prompts[i % 3] for i in range(N)]
    a, b = (np.asarray(f(noise, given), np.float32).astype(np.float64) for f in (told, otherwise))
    parts = {}
    for k, prompt in enumerate(prompts):
        parts[prompt] = by_hand(a[k::3], b[k::3], a.mean(0))
        agree(scores(found, prompt), parts[prompt])
    together = scores(found)
    expected = by_hand(a, b, a.mean(0))
    for name in ("floor", "rp_auc"):
        expected[name] = np.mean([part[name] for part in parts.values()])
    agree(together, expected)


def test_images_that_exist_score_as_when_they_are_drawn(tmp_path):
    a, b = levels(30, SHAPE), levels(30, SHAPE)
    b[::3] = levels(10, SHAPE, seed=1)
    ids = np.random.default_rng(0).permutation(1000)[:30].tolist()
    found = compare(folder(tmp_path / "a", a, ids), folder(tmp_path / "b", b, ids))
    x, y = (side / 127.5 - 1 for side in (a, b))
    agree(scores(found), by_hand(x, y, x.mean(0)))
    assert found.noises.ids == sorted(ids)
    floats = np.random.default_rng(2).permutation(30)
    mixed = compare(a, torch.from_numpy(x).float(), names=["levels", "floats"])
    assert scores(mixed)["bit_equal"] == 1
    assert floats is not None


def test_a_thread_of_noises_in_any_order_and_batch_is_the_same_comparison():
    whole = compare(plain, other, shape=SHAPE, ids=range(5, 45), ceiling=0)
    odd = compare(SideSpec(plain, batch=7), SideSpec(other, batch=3), shape=SHAPE, ids=range(5, 45), ceiling=0)
    assert scores(whole) == scores(odd)
    a, b = (side[5:45] for side in drawn(45))
    agree(scores(whole), by_hand(a, b, a.mean(0)))


def test_the_ceiling_is_that_of_the_worse_way_of_either_side():
    """A generator whose images hang on the batch: the last of a batch is another one."""

    def unsteady(noise):
        image = np.tanh(noise)
        image[-1] = -image[-1]
        return image

    found = compare(plain, SideSpec(unsteady, "unsteady", batch=8), shape=SHAPE, noises=16, ceiling=16)
    rows = {row.metric: row for row in found.pairs[0].rows}
    [again, batches, threads] = found.ceilings["unsteady"]
    assert [c.way for c in (again, batches)] == ["again", "batch 5"]
    assert threads.way.startswith("threads ")
    # In batches of 8 the 8th and 16th are other ones, in batches of 5 the 5th, 10th, 15th and 16th.
    same = {7: False, 4: False, 9: False, 14: False}
    expected = np.array([same.get(i, True) for i in range(16)])
    np.testing.assert_array_equal(batches.measured.similarity > 0.95, expected)
    assert rows["rp"].ceiling == pytest.approx(12 / 16)
    assert rows["rp"].value == pytest.approx(14 / 16)
    assert rows["bit_equal"].ceiling == pytest.approx(12 / 16)
    assert rows["pfd"].ceiling == pytest.approx(math.sqrt(batches.measured.squared.mean()))


def test_beyond_the_ceiling_is_ten_times_as_far_as_any_noise_from_itself():
    """Images move with the size of the batch: by one step between batches of 16 and of 7, which the ceiling sees."""
    step = 1e-4

    def rounds(noise):
        return np.tanh(noise) + step * (16 - len(noise)) / 9

    first = NoiseBank(0, SHAPE)[:16][:, 0, 0, 0].tolist()
    amounts = dict(zip(first, np.resize([0, 5 * step, 9.9 * step, 10.1 * step, 50 * step, 0.3, 0, 0], 16), strict=True))

    def off(noise):
        return rounds(noise) + np.array([amounts[value] for value in noise[:, 0, 0, 0].tolist()])[:, None, None, None]

    found = compare(SideSpec(rounds, "a"), SideSpec(off, "b"), shape=SHAPE, noises=16, ceiling=16)
    expected = np.array([amount > 10 * step for amount in amounts.values()])
    np.testing.assert_array_equal(found.beyond(found.pairs[0]), expected)
    assert found.content()["noises"][0]["beyond_ceiling"] == expected.sum() == 6
    exact = compare(plain, lambda noise: np.tanh(noise) + 9e-6, shape=SHAPE, noises=16, ceiling=16)
    assert not exact.beyond(exact.pairs[0]).any(), "rounding, where nothing differs from itself"
    further = compare(plain, lambda noise: np.tanh(noise) + 1.1e-5, shape=SHAPE, noises=16, ceiling=16)
    assert further.beyond(further.pairs[0]).all()
    saved = compare(plain, lambda noise: np.uint8((np.tanh(noise) + 1) * 127.5 + 0.5), shape=SHAPE, noises=16)
    assert saved.pairs[0].value("bit_equal") == 1
    assert not saved.beyond(saved.pairs[0]).any(), "what counts as equal is beyond nothing"
    without = compare(plain, plain, shape=SHAPE, noises=8, ceiling=0)
    assert without.beyond(without.pairs[0]) is None


def test_the_content_is_json_with_infinite_numbers_marked():
    found = compare(plain, plain, shape=SHAPE, noises=8, ceiling=8)
    content = json.loads(json.dumps(found.content(), allow_nan=False))
    psnr = next(row for row in content["scores"] if row["metric"] == "psnr")
    assert (psnr["value"], psnr["infinite"]) == (None, True)
    assert content["noise"]["bank"] == NoiseBank(0, SHAPE).hash
    assert {c["way"] for c in content["ceilings"]} >= {"again", "batch 9"}


@pytest.mark.parametrize("n", [1, 2, 5, 6, 17, 64])
def test_the_interval_of_a_median_is_of_order_statistics(n):
    """At least 95 % by the binomial distribution, and one step narrower is less; of a handful, all of them."""
    x = np.random.default_rng(n).normal(size=n)
    score = median(np.append(x, []))
    ordered = np.sort(x)
    assert score.value == pytest.approx(np.median(x))
    low, high = (int(np.flatnonzero(ordered == end)[0]) for end in score.ci95)
    assert low == n - 1 - high
    cover = sum(math.comb(n, k) for k in range(low + 1, n - low)) / 2**n
    narrower = sum(math.comb(n, k) for k in range(low + 2, n - low - 1)) / 2**n
    assert narrower < 0.95
    assert cover >= 0.95 or low == 0
    assert median(np.array([1.0, np.inf, np.inf])).value == np.inf


def test_a_spool_keeps_images_in_the_order_of_their_ids_and_their_moments():
    images = np.random.default_rng(0).uniform(-1, 1, (5, *SHAPE)).astype(np.float32)
    spool = Spool([10, 11, 12, 13, 14], "side")
    spool.write([14, 10], images[[4, 0]])
    assert not spool.complete
    spool.write([12, 11, 13], images[[2, 1, 3]])
    assert spool.complete
    np.testing.assert_array_equal(spool.read(0, 5).numpy(), images)
    np.testing.assert_array_equal(spool.raw(3, 5), images[3:])
    np.testing.assert_allclose(spool.mean, images.mean(0), atol=1e-6)
    assert spool.spread == pytest.approx(float(np.sqrt(images.astype(np.float64).var(0).mean())), rel=1e-5)
    with pytest.raises(OutsideError, match="two shapes: 3x4x4 at first and 3x4x5 at noise 10"):
        spool.write([10], np.zeros((1, 3, 4, 5), np.float32))
    with pytest.raises(OutsideError, match="mixes images of 8 bits and of more"):
        spool.write([10], np.zeros((1, *SHAPE), np.uint8))


def test_memory_does_not_grow_with_the_number_of_images(tmp_path, monkeypatch):
    """Four times as many images, 11 MB more on each side, take no megabyte more: they are on the disk."""
    monkeypatch.setattr("samenoise.comparison.scores.CHANCE", 64)
    peaks = []
    for n in (300, 1200):
        images = np.random.default_rng(0).uniform(-1, 1, (n, 3, 32, 32)).astype(np.float32)
        sides = [str(tmp_path / f"{name}-{n}.npy") for name in "ab"]
        for side, noise in zip(sides, (0, 0.1), strict=True):
            np.save(side, images + np.float32(noise))
        with traced() as peak:
            found = compare(*sides)
        assert len(found.pairs[0].measured.ids) == n
        peaks.append(peak.bytes)
    assert peaks[1] - peaks[0] < 2**20


def resident():
    """Megabytes that this process holds, files apart."""
    return int(re.findall(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc here")
def test_what_is_measured_leaves_no_gaps_in_memory():
    """Results that are kept one beside the other leave the memory between them unused: of 3,000 images, 80 MB."""
    sides = [Spool(range(3000), name) for name in "ab"]
    for start in range(0, 3000, 60):
        images = np.random.default_rng(start).integers(0, 256, (60, 3, 32, 32), dtype=np.uint8)
        for side, flipped in zip(sides, (0, 1), strict=True):
            side.write(range(start, start + 60), images ^ flipped)
    feature = Pixel(torch.from_numpy(sides[0].mean).float())
    before = resident()
    measured = measure(*sides, feature)
    assert resident() - before < 24
    np.testing.assert_allclose(measured.mae, 1, atol=1e-4)
    assert not measured.equal.any()
