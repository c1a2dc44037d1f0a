"""What ``splits`` says follows from its rows, and claims no more."""

from __future__ import annotations

from readings import said
from rows import row
from sweeps import split_rows


def test_disjoint_data_must_beat_the_floor() -> None:
    def split(value: float, floor: float | None) -> str:
        return said([row("splits", "rp_split", value, "m/a", "m/b", 100, floor=floor)])

    assert "generalization, not memory" in split(0.4, 0.02)
    assert "not shown to be more than chance" in split(0.03, 0.02)
    assert "not shown to be more than chance" in split(0.4, None)


def test_what_is_far_from_all_real_images_is_no_generalization() -> None:
    def split(distance: float) -> str:
        rows = [row("splits", "rp_split", 0.9, "m/a", "m/b", 100, floor=0.0)]
        return said(
            rows + [row("splits", "nn_distance", distance, name, "data", 100, floor=2.0) for name in ("m/a", "m/b")]
        )

    assert "generalization" in split(2.9)
    assert "generalization" not in split(3.1)
    assert split(3.1).count("far from all real images") == 1


def test_the_split_in_words() -> None:
    assert (
        "draw the same picture for 40 % of the noises at N = 890 (floor 0 %): that is generalization, not memory."
    ) in said(split_rows())


def test_each_baseline_stands_in_its_own_place_rounded_against_the_claim() -> None:
    own = {"floor": 0.0234, "ceiling": 0.9222, "gaussian": 0.8111}
    assert said([row("splits", "rp_split", 0.605, "m/a", "m/b", 100, **own)]) == (
        "Networks trained on disjoint images draw the same picture for 60 % of the noises at N = 100 (floor 2.4 %): "
        "that is generalization, not memory."
    )
