"""Gates: what fails, what passes, and what cannot be asked."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from samenoise.comparison import SideSpec, compare
from samenoise.comparison.gates import judge, parse_condition
from samenoise.comparison.junit import junit
from samenoise.comparison.tables import markdown
from samenoise.outside import OutsideError

SHAPE = (3, 4, 4)


def plain(noise):
    return np.tanh(noise)


def every_tenth_is_another(noise):
    image = np.tanh(noise)
    image[noise[:, 0, 0, 0] > 1.2816] *= -1  # a tenth of all normal numbers
    return image


@pytest.fixture(scope="module")
def found():
    return compare(plain, SideSpec(every_tenth_is_another, "other"), shape=SHAPE, noises=200, ceiling=200)


def test_a_condition_is_read_and_met():
    assert str(parse_condition(" rp<0.95 ")) == "rp < 0.95"
    for text, value, met in [
        ("rp < 0.5", 0.5, False),
        ("rp <= 0.5", 0.5, True),
        ("pfd > 1", 1.1, True),
        ("psnr >= 3e1", 30, True),
    ]:
        assert parse_condition(text).met(value) is met


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rp", "a condition is like"),
        ("rq < 1", "no score 'rq'; there are rp,"),
        ("rp < x", "'x' in .* is not a number"),
    ],
)
def test_a_condition_that_is_none_is_refused(text, says):
    with pytest.raises(OutsideError, match=says):
        parse_condition(text)


def test_conditions_are_judged_for_every_pair(found):
    rp = found.pairs[0].value("rp")
    assert 0.8 < rp < 0.97
    verdicts = judge(found, [parse_condition(f"rp < {rp + 0.001}"), parse_condition(f"rp < {rp - 0.001}")])
    assert [v.passed for v in verdicts] == [False, True]
    assert verdicts[0].about == "plain : other"
    both = compare(plain, plain, SideSpec(every_tenth_is_another, "other"), shape=SHAPE, noises=50, ceiling=0)
    assert [v.passed for v in judge(both, [parse_condition("bit_equal < 1")])] == [True, False]


def test_broken_pictures_can_be_a_gate():
    grey = compare(plain, lambda noise: np.zeros_like(noise), shape=SHAPE, noises=10, ceiling=0)
    assert [v.passed for v in judge(grey, [parse_condition("broken > 0"), parse_condition("broken > 10")])] == [
        *(False, True),
    ]


def test_within_the_ceiling_is_a_claim_that_has_to_be_shown(found):
    [near] = judge(found, margin=0.2)
    [far] = judge(found, margin=0.05)
    assert (near.passed, far.passed) == (True, False)
    same = compare(plain, plain, shape=SHAPE, noises=149, ceiling=149)
    assert judge(same, margin=0.02)[0].passed
    few = compare(plain, plain, shape=SHAPE, noises=100, ceiling=100)
    [verdict] = judge(few, margin=0.02)
    assert not verdict.passed, "a hundred noises cannot show it"
    assert "too few noises to show it, which takes 149" in verdict.found


def test_the_ceiling_of_a_generator_that_wavers_is_its_own():
    """A noise that does not match itself need not match the other side."""

    def wavers(noise):
        image = np.tanh(noise)
        image[-1] = -image[-1]  # the last of every batch
        return image

    side = SideSpec(wavers, "wavers", batch=16)
    found = compare(side, SideSpec(plain, "plain", batch=16), shape=SHAPE, noises=160, ceiling=160)
    assert found.pairs[0].value("rp") == pytest.approx(150 / 160)
    assert judge(found, margin=0.02)[0].passed
    assert not judge(found, [parse_condition("rp < 0.95")])[0].passed
    turned = compare(SideSpec(plain, "plain", batch=16), side, shape=SHAPE, noises=160, ceiling=160)
    assert not judge(turned, margin=0.02)[0].passed, "the first side is held against itself, and does not waver"


def test_images_that_exist_have_a_ceiling_of_one():
    images = np.random.default_rng(0).uniform(-1, 1, (160, *SHAPE)).astype(np.float32)
    found = compare(images, images)
    [verdict] = judge(found, margin=0.02)
    assert verdict.passed
    assert "a ceiling of 1 is taken" in verdict.found


def test_junit_has_a_case_for_every_gate(found):
    verdicts = judge(found, [parse_condition("rp < 0.99"), parse_condition("rp < 0.5")], 0.2)
    suite = ElementTree.fromstring(junit(verdicts)).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    cases = suite.findall("testcase")
    assert [case.find("failure") is not None for case in cases] == [True, False, False]
    assert cases[0].get("name") == "plain : other: rp >= 0.99"


def test_the_summary_escapes_what_users_name():
    evil = "a|b<script>\nx"
    found = compare(SideSpec(plain, evil), SideSpec(plain, "b"), shape=SHAPE, noises=8, ceiling=8)
    text = markdown(found, judge(found, [parse_condition("rp < 0.5")]))
    assert "passed" in text.splitlines()[0]
    assert "<script" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert any("a\\|b&lt;script> x : b" in row for row in rows)
