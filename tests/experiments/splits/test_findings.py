"""What ``splits`` says follows from its rows, and claims no more."""

from __future__ import annotations

from readings import said
from rows import Rows, row
from sweeps import split_rows


def pictures(near: float = 2.2, gaussian: float | None = 3.0) -> Rows:
    own = {"floor": 2.0, "gaussian": gaussian, "ci95": [near - 0.1, near + 0.1]}
    return [row("splits", "nn_distance", near, name, "data", 100, **own) for name in ("m/a", "m/b")]


def test_agreement_that_a_gaussian_may_explain_is_not_called_generalization() -> None:
    def split(gaussian: float | None, near: Rows) -> str:
        return said([row("splits", "rp_split", 0.6, "m/a", "m/b", 100, floor=0.0, gaussian=gaussian), *near])

    good = "that is generalization, not memory"
    weak = "no more than a shared mean and covariance may explain"
    assert good in split(0.5, pictures())
    assert weak in split(0.58, pictures()), "the interval reaches down to the other half's Gaussian"
    assert weak in split(None, pictures())
    assert weak in split(0.5, pictures(2.92)), "no nearer to real images than the Gaussian's, with its interval"
    assert weak in split(0.5, pictures(gaussian=None))
    assert weak in split(0.5, pictures()[:1] + pictures(2.95)[1:]), "both of them"
    assert weak in split(0.5, [])


def test_what_the_gaussians_of_the_halves_do_stands_beside_it() -> None:
    def split(together: float) -> str:
        own = {"floor": 0.0, "gaussian": 0.03, "gaussian_split": together}
        return said([row("splits", "rp_split", 0.6, "m/a", "m/b", 100, **own), *pictures()])

    text = split(0.999)
    assert "The other half's Gaussian draws a network's picture for 3 %" in text
    assert "the two Gaussians agree with each other for 99.9 %, so that agreement across halves alone shows" in text
    assert "alone shows" not in split(0.2)


def test_disjoint_data_must_beat_the_floor() -> None:
    def split(value: float, floor: float | None) -> str:
        return said([row("splits", "rp_split", value, "m/a", "m/b", 100, floor=floor, gaussian=0.01), *pictures()])

    assert "generalization, not memory" in split(0.4, 0.02)
    assert "not shown to be more than chance" in split(0.03, 0.02)
    assert "not shown to be more than chance" in split(0.4, None)


def test_what_is_far_from_all_real_images_is_no_generalization() -> None:
    def split(distance: float) -> str:
        return said(
            [row("splits", "rp_split", 0.9, "m/a", "m/b", 100, floor=0.0, gaussian=0.1), *pictures(distance, 3.5)]
        )

    assert "generalization" in split(2.9)
    assert "generalization" not in split(3.1)
    assert split(3.1).count("far from all real images") == 1


def test_the_split_in_words() -> None:
    assert (
        "draw the same picture for 40 % of the noises at N = 890 (floor 0 %): that is generalization, not memory."
    ) in said(split_rows())


def test_each_baseline_stands_in_its_own_place_rounded_against_the_claim() -> None:
    own = {"floor": 0.0234, "ceiling": 0.9222, "gaussian": 0.3111, "gaussian_split": 0.8777}
    assert said([row("splits", "rp_split", 0.605, "m/a", "m/b", 100, **own), *pictures()]) == (
        "Networks trained on disjoint images draw the same picture for 60 % of the noises at N = 100 (floor 2.4 %): "
        "that is generalization, not memory. The other half's Gaussian draws a network's picture for 32 %; the two "
        "Gaussians agree with each other for 87 %, so that agreement across halves alone shows nothing."
    )
