"""What ``splits`` says follows from its rows, and claims no more."""

from __future__ import annotations

from readings import said
from rows import row


def test_disjoint_data_must_beat_the_floor() -> None:
    def split(value: float, floor: float | None) -> str:
        return said([row("splits", "rp_split", value, "m/a", "m/b", 100, floor=floor)])

    assert "generalization, not memory" in split(0.4, 0.02)
    assert "not shown to be more than chance" in split(0.03, 0.02)
    assert "not shown to be more than chance" in split(0.4, None)
