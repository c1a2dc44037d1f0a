"""Sentences of a report round against their claim: what should be high down, what should be low up.

The report is made by the command line of a run directory whose scores have digits to lose, and read as a person would.
"""

import html
import json
import re
import shutil

import pytest
from lively import command, only_the_page

LEARNT = {
    **{
        (f"{kind}_{twin}", 40): (0.9, 0.5, 0.1)
        for kind in ("rp", "rp_split")
        for twin in ("calibrated", "auc", "beyond")
    },
    **{(f"{kind}_clean", 40): (0.9, 0.1, 0.1) for kind in ("rp", "rp_split")},
    ("mmd_gap", 40): (-0.02, -0.04, 0.0),
    ("mmd", 40): (0.02, 0.001, 0.04),
    ("memorized_excess", 40): (-0.02, 0.0, 0.1),
    ("memorized_excess", 3): (0.9345, 0.0, 0.1),
    ("memorized_calibrated", 3): (0.9355, 0.0, 0.1),
    ("nn_ratio", 3): (0.9335, 0.0, 0.1),
}
"""What the claims rest on."""
REGIMES = {
    **LEARNT,
    ("rp", 3): (0.9876, 0.01, 0.2),
    ("rp", 8): (0.3421, 0.01, 0.2),
    ("rp", 40): (0.8567, 0.01, 0.1234),
    ("rp_optimum", 3): (0.7654, 0.01, 0.2),
    ("rp_optimum", 40): (0.0411, 0.01, 0.2),
    ("memorized", 3): (0.9345, 0.011, 0.2),
    ("memorized", 40): (0.0312, 0.0478, 0.2),
    ("rp_split", 40): (0.4567, 0.0123, 0.1),
}
"""Value, floor and Gaussian by metric and training size; each is between two of the numbers that sentences show."""


def text_of(run_dir):
    """What stands in the report, with plain spaces."""
    page = (run_dir / "report" / "index.html").read_text()
    page = re.sub(r"<(script|style|svg).*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " "))


def sentences(text, *words):
    """Those with all of the words."""
    return [s for s in re.split(r"(?<=\.) ", text) if all(word in s for word in words)]


def edited(run, folder, values):
    """The report of a run some of whose scores are others."""
    shutil.copytree(run.folder, folder, ignore=shutil.ignore_patterns("report", "models", "samples", "data"))
    content = json.loads((folder / "scores.json").read_text())
    for row in content["scores"]:
        key = row["metric"], row["n_train"]
        if key in values:
            value, floor, gaussian = values[key]
            row |= {"value": value, "ci95": [value - 0.003, value + 0.003]}
            row["baseline"] = {"floor": floor, "ceiling": None, "gaussian": gaussian}
        if row["metric"].startswith("n50_per_doubling"):
            row |= {"value": 2.3885, "ci95": [2.0671, 2.7812]}
    (folder / "scores.json").write_text(json.dumps(content))
    with only_the_page():
        assert command("report", str(folder)) == 0
    return text_of(folder)


@pytest.fixture(scope="module")
def text(lively, tmp_path_factory):
    return edited(lively, tmp_path_factory.mktemp("findings") / "run", REGIMES)


def test_the_gaussian_is_rounded_up_and_the_network_down(text):
    """The claim is that the network agrees more than the Gaussian explains."""
    [found] = sentences(text, "Gaussian with the mean and covariance", "N = 40")
    assert "13 %" in found
    assert "85 %" in found
    assert "do not explain" in found


def test_copies_are_rounded_down_where_they_are_many_and_up_where_they_are_few(text):
    """And the share of held-out real images that stands beside the few is rounded down."""
    for found in sentences(text, "training images", "draws are copies"):
        assert "93 % of what" in found
        assert "3.2 % pass for copies" in found
        assert "no more beyond the noise than the 4.7 % of held-out real images" in found
    assert len(sentences(text, "training images", "draws are copies")) == 2


def test_agreement_is_rounded_down_at_the_ends_and_up_in_the_dip(text):
    [found] = sentences(text, "RP of mlp-32 and mlp-64 is")
    assert "0.98 at N = 3" in found
    assert "down to 0.35 at N = 8" in found
    assert "0.85 again at N = 40" in found


def test_agreement_across_halves_is_rounded_down_and_its_floor_up(text):
    [found] = sentences(text, "disjoint images draw the same picture for")
    assert "45 % of the noises" in found
    assert "floor 1.3 %" in found


def test_agreement_with_the_optimum_is_rounded_down_where_it_is_high_and_up_where_it_is_low(text):
    [found] = sentences(text, "closed-form optimum of its training set for")
    assert "76 % of the noises at N = 3" in found
    assert "4.2 % at N = 40" in found


def test_an_interval_is_rounded_outward(text):
    [found] = sentences(text, "twice as wide", "times as large")
    assert "about 2.3 times as large: 2.3 (2.0–2.8)" in found
    assert "2.0–2.8" in found


def test_a_share_next_to_all_or_none_is_not_called_all_or_none(lively, tmp_path):
    """0.9996 is not 100 %, and 0.0004 is not 0 %."""
    ways = ("memorized_excess", "memorized_calibrated", "nn_ratio")
    values = {
        **LEARNT,
        **{(way, 3): (0.9996, 0.0, 0.2) for way in ways},
        ("rp", 40): (0.9996, 0.01, 0.0004),
        ("memorized", 40): (0.0004, 0.0004, 0.2),
        ("rp_split", 40): (0.9996, 0.0004, 0.1),
    }
    text = edited(lively, tmp_path / "run", values)
    [gaussian] = sentences(text, "Gaussian with the mean and covariance", "N = 40")
    assert "0.1 %" in gaussian
    assert "99.9 %" in gaussian
    copies = sentences(text, "draws are copies")
    assert len(copies) == 2
    assert all("99.9 % of what" in s and "0.1 % pass" in s for s in copies)
    [split] = sentences(text, "disjoint images draw the same picture for")
    assert "99.9 %" in split
    assert "floor 0.1 %" in split


def test_distances_to_the_truth_are_rounded_up_and_those_to_the_optimum_down(lively_teacher, tmp_path):
    """The claim is that the network is nearer to the truth."""
    values = {("e_gen", 40): (1.2345, 8.0, 3.0), ("e_mem", 40): (2.5678, 8.0, 3.0), ("rp_teacher", 40): (0.7654, 0, 0)}
    values |= {(metric, n): (far, 8.0, 3.0) for n in (3, 8) for metric, far in (("e_gen", 4.0), ("e_mem", 2.0))}
    text = edited(lively_teacher, tmp_path / "run", values)
    [found] = sentences(text, "nearer to the true distribution", "N = 40")
    assert "1.24 against 2.56" in found
    assert sentences(text, "true flow's picture", "76 % of the noises")
