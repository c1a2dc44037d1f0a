"""Lock files: small, read back whole, and held against what is drawn later."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from pictures_made import folder, levels

from samenoise.comparison import How, SideSpec
from samenoise.comparison.check import check
from samenoise.comparison.gates import parse_condition
from samenoise.comparison.lock import make, read
from samenoise.comparison.side import Conditions
from samenoise.comparison.sketch import BUCKETS, fingerprints, sketches, squared_distances, thumbnails
from samenoise.noise import NoiseBank
from samenoise.outside import OutsideError

SHAPE = (3, 24, 24)
N = 40


def plain(noise):
    return np.tanh(noise)


def slightly(noise):
    return np.tanh(noise) + 0.01 * np.sin(7 * noise)


def partly(noise):
    image = np.tanh(noise)
    image[noise[:, 0, 0, 0] > 0] *= -1
    return image


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    place = tmp_path_factory.mktemp("lock") / "plain.lock"
    make(SideSpec(plain, "plain"), "m:plain", How(shape=SHAPE, noises=N)).write(place)
    return place


def test_a_lock_is_small_and_reads_back_whole(path):
    lock = read(path)
    assert path.stat().st_size < 150_000
    assert (lock.target, lock.ids, lock.bank) == ("m:plain", list(range(N)), NoiseBank(0, SHAPE).hash)
    assert [way["rp"] for way in lock.itself] == [1.0] * 3
    images = torch.from_numpy(plain(NoiseBank(0, SHAPE)[:N].numpy()))
    np.testing.assert_allclose(lock.kept.thumbnails, thumbnails(images), atol=1e-3)
    assert lock.kept.thumbnails.shape == (N, 3, 16, 16)
    np.testing.assert_array_equal(lock.kept.sketches, sketches(images))
    assert lock.machine["torch"] == torch.__version__
    again = path.with_name("again.lock")
    lock.write(again)
    assert again.read_bytes() == path.read_bytes()


def test_the_same_generator_matches_bit_for_bit(path):
    found = check(read(path), SideSpec(plain))
    assert found.values == {"rp": 1.0, "bit_equal": 1.0, "pfd": 0.0, "psnr": math.inf}
    assert found.changed == {}
    assert all(verdict.passed for verdict in found.judge([]))
    json.dumps(found.content(), allow_nan=False)


def test_a_slight_change_is_seen_and_measured(path):
    """The distance is known from sketches to some per cent over 40 noises."""
    found = check(read(path), SideSpec(slightly))
    noise = NoiseBank(0, SHAPE)[:N].numpy()
    difference = (slightly(noise).astype(np.float32) - plain(noise)).reshape(N, -1)
    assert found.values["bit_equal"] == 0
    assert found.values["rp"] == 1
    assert found.values["pfd"] == pytest.approx(np.sqrt(np.square(difference).sum(1).mean()), rel=0.1)
    assert found.values["psnr"] == pytest.approx(-10 * np.log10(np.square(difference).mean() / 4), abs=1)


def test_another_picture_of_some_noises_fails_the_check(path):
    found = check(read(path), SideSpec(partly, "partly"))
    other = NoiseBank(0, SHAPE)[:N][:, 0, 0, 0].numpy() > 0
    assert found.values["rp"] == pytest.approx(1 - other.mean())
    assert [verdict.passed for verdict in found.judge([])] == [False]
    assert [verdict.passed for verdict in found.judge([parse_condition("rp < 0.1")])] == [True]
    assert set(found.content()["worst_first"][: other.sum()]) == set(np.flatnonzero(other).tolist())
    assert found.strip.sides == ["the lock", "partly"]
    with pytest.raises(OutsideError, match="a lock has no mae_score; it has rp, bit_equal, pfd, psnr"):
        found.judge([parse_condition("mae_score < 1")])


def test_what_has_changed_is_named_and_kept_in_the_history(path, tmp_path):
    lock = read(path)
    content = json.loads(path.read_text())
    content["machine"]["torch"] = "2.0.0"
    old = tmp_path / "old.lock"
    old.write_text(json.dumps(content))
    found = check(read(old), SideSpec(plain))
    assert found.changed == {"torch": ("2.0.0", torch.__version__)}
    assert f"changed: torch: 2.0.0 -> {torch.__version__}" in found.sentences()
    for _ in range(2):
        read(old).noted(found.content()).write(old)
    history = read(old).history
    assert [each["changed"] for each in history] == [{"torch": ["2.0.0", torch.__version__]}] * 2
    assert read(old).kept.fingerprints == lock.kept.fingerprints


def test_a_setting_is_named_alone_and_another_interpreter_has_versions_of_its_own(path):
    found = check(read(path), SideSpec(plain))
    then = replace(found.lock, about={**found.lock.about, "settings": {"shift": 1.0, "steps": 4}})
    about = {**found.about, "settings": {"shift": 3.0, "steps": 4}, "versions": {"torch": "1.0"}}
    changed = replace(found, about=about, lock=then).changed
    assert changed == {"settings.shift": (1.0, 3.0), "torch": (torch.__version__, "1.0")}


def test_prompts_are_kept_and_given_again(tmp_path):
    def told(noise, conditions):
        return np.tanh(noise) * np.array([len(c) / 10 for c in conditions])[:, None, None, None]

    how = How(shape=(1, 8, 8), noises=10, conditions=Conditions(["ab", "abcdef"]), seed=3)
    make(SideSpec(told), "", how).write(tmp_path / "t.lock")
    lock = read(tmp_path / "t.lock")
    assert lock.conditions == ["ab", "abcdef"]
    assert check(lock, SideSpec(told)).values["bit_equal"] == 1


def test_images_that_exist_can_be_locked_and_checked(tmp_path):
    images = levels(20, SHAPE)
    place = folder(tmp_path / "a", images)
    make(SideSpec(place), place).write(tmp_path / "a.lock")
    lock = read(tmp_path / "a.lock")
    assert (lock.bank, lock.itself) == (None, [])
    assert check(lock, SideSpec(place)).values["bit_equal"] == 1
    images[3] = 255 - images[3]
    assert check(lock, SideSpec(images)).values["bit_equal"] == 19 / 20


def test_what_cannot_be_locked_or_checked_is_said(path, tmp_path):
    with pytest.raises(OutsideError, match="broken pictures are not locked: grey: 8 pictures are constant"):
        make(SideSpec(np.zeros_like, "grey"), "", How(shape=SHAPE, noises=8))
    with pytest.raises(OutsideError, match="the lock is of images of 3x24x24, small draws 3x8x8"):
        check(read(path), SideSpec(lambda noise: noise[:, :, :8, :8], "small"))
    with pytest.raises(OutsideError, match="has no image of noise 10"):
        check(read(path), SideSpec(levels(10, SHAPE), "few"))
    with pytest.raises(OutsideError, match="cannot be read: No such file"):
        read(tmp_path / "none.lock")
    content = json.loads(path.read_text())
    for change, says in [
        ({"samenoise_lock": 2}, "a lock of version 2; this one reads 1"),
        ({"images": {}}, "is no lock of samenoise, or damaged"),
        ({"images": {**content["images"], "thumbnails": "AAAA"}}, "is no lock of samenoise, or damaged"),
    ]:
        (tmp_path / "bad.lock").write_text(json.dumps({**content, **change}))
        with pytest.raises(OutsideError, match=says):
            read(tmp_path / "bad.lock")
    (tmp_path / "bad.lock").write_text("{")
    with pytest.raises(OutsideError, match="is no JSON"):
        read(tmp_path / "bad.lock")


def test_a_sketch_tells_distances_without_bias():
    """Over 400 pairs: the mean ratio is 1, and its spread is that of 64 buckets."""
    rng = np.random.default_rng(0)
    a, b = (torch.from_numpy(rng.normal(size=(400, 3, 10, 10)).astype(np.float32)) for _ in range(2))
    true = (a - b).flatten(1).double().square().sum(1).numpy()
    ratio = squared_distances(sketches(a), sketches(b), np.zeros(400, bool)) / true
    assert ratio.mean() == pytest.approx(1, abs=4 * math.sqrt(2 / BUCKETS / 400))
    assert ratio.std() == pytest.approx(math.sqrt(2 / BUCKETS), rel=0.2)
    assert squared_distances(sketches(a), sketches(b), np.ones(400, bool)).max() == 0


def test_small_images_are_their_own_sketch():
    small = torch.arange(64.0).reshape(1, 1, 8, 8)
    np.testing.assert_array_equal(sketches(small)[0], np.arange(64))
    assert sketches(torch.ones(2, 1, 3, 3)).shape == (2, BUCKETS)


def test_buckets_and_signs_are_those_of_the_recipe():
    words = np.random.Philox(key=[0, 4], counter=[0, 0, 0, 0]).random_raw(75)
    x = np.random.default_rng(1).normal(size=75)
    expected = np.zeros(BUCKETS)
    for value, word in zip(x, words.tolist(), strict=True):
        expected[word & 63] += value * (-1 if word >> 63 else 1)
    found = sketches(torch.from_numpy(x).reshape(1, 3, 5, 5))
    np.testing.assert_allclose(found[0], expected, rtol=1e-5, atol=1e-6)


def test_a_fingerprint_is_of_every_bit():
    images = levels(2)
    other = images.copy()
    other[1, 2, 7, 7] ^= 1
    a, b = fingerprints(images), fingerprints(other)
    assert (a[0], len(a[0])) == (b[0], 16)
    assert a[1] != b[1]
