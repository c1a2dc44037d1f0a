"""Planes go through their anchors, spherical ones keep the norm, and a place is one noise for ever."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from samenoise.noise import NoiseBank
from samenoise.plane import PlaneBank

SHAPE = (2, 8, 8)
BASE = NoiseBank(5, SHAPE)
PATHS = ("spherical", "linear")


def plane(path: str = "spherical", cells: int = 6, beyond: int = 2) -> PlaneBank:
    return PlaneBank(5, SHAPE, cells, beyond, path)  # type: ignore[arg-type]


def at(bank: PlaneBank, a: float, b: float, number: int = 0) -> torch.Tensor:
    row, column = round(b * bank.cells) + bank.beyond, round(a * bank.cells) + bank.beyond
    return bank[number * bank.side**2 + row * bank.side + column].double().flatten()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("cells", "beyond"), [(6, 2), (1, 0), (5, 3)])
def test_every_plane_goes_through_three_noises_of_the_bank(path: str, cells: int, beyond: int) -> None:
    bank = plane(path, cells, beyond)
    assert bank.side == cells + 2 * beyond + 1
    for number in (0, 3):
        assert torch.equal(bank[bank.anchors(number)], BASE[3 * number : 3 * number + 3])


@given(number=st.integers(0, 5), place=st.integers(0, 10), other=st.integers(0, 10))
def test_a_spherical_plane_keeps_the_norm(number: int, place: int, other: int) -> None:
    """The norm is the weighted geometric mean of those of the anchors: between them inside of the triangle."""
    bank = plane()
    a, b = (place - 2) / 6, (other - 2) / 6
    norms = BASE[3 * number : 3 * number + 3].flatten(1).double().norm(dim=1)
    expected = float(norms[0] ** (1 - a - b) * norms[1] ** a * norms[2] ** b)
    found = float(at(bank, a, b, number).norm())
    assert found == pytest.approx(expected, rel=1e-6)
    if min(a, b, 1 - a - b) >= 0:
        assert float(norms.min()) * (1 - 1e-6) <= found <= float(norms.max()) * (1 + 1e-6)


def test_a_linear_plane_is_the_linear_one_and_shrinks_the_norm() -> None:
    bank, z = plane("linear"), BASE[:3].double().flatten(1)
    for a, b in ((0.5, 0.0), (1 / 3, 1 / 3), (-1 / 3, 4 / 3)):
        torch.testing.assert_close(at(bank, a, b), z[0] + a * (z[1] - z[0]) + b * (z[2] - z[0]), rtol=0, atol=1e-6)
    middle = float(at(bank, 1 / 3, 1 / 3).norm() / z.norm(dim=1).mean())
    assert middle == pytest.approx(1 / math.sqrt(3), abs=0.1)


def test_between_two_anchors_a_spherical_plane_is_the_great_circle() -> None:
    """Shoemake's formula, and steps of equal angle."""
    bank, z = plane(), BASE[:3].double().flatten(1)
    for end, step in ((1, lambda s: (s, 0.0)), (2, lambda s: (0.0, s))):
        u, w = z[0] / z[0].norm(), z[end] / z[end].norm()
        angle = math.acos(float(u @ w))
        for k in range(-2, 9):
            s = k / 6
            expected = (math.sin((1 - s) * angle) * u + math.sin(s * angle) * w) / math.sin(angle)
            found = at(bank, *step(s))
            torch.testing.assert_close(found / found.norm(), expected, rtol=0, atol=1e-6)


def test_places_are_noises_by_number_and_have_a_hash() -> None:
    bank = plane()
    assert bank[[9, 3]].dtype == torch.float32
    assert torch.equal(bank[[9, 3]][1], bank[3])
    assert torch.equal(bank[2:5], torch.stack([bank[i] for i in (2, 3, 4)]))
    others = [plane("linear"), plane(cells=5), plane(beyond=1), PlaneBank(6, SHAPE, 6, 2), BASE]
    assert len({bank.hash, *(each.hash for each in others)}) == 6
    rank = np.linalg.matrix_rank(bank[: bank.side**2].flatten(1).double().numpy(), tol=1e-3)
    assert rank == 3, "a plane lies in the space of its anchors"


def test_what_cannot_be_is_refused() -> None:
    for cells, beyond in ((0, 1), (4, -1)):
        with pytest.raises(ValueError, match="a plane has cells of 1 or more, and places beyond of 0 or more"):
            PlaneBank(0, SHAPE, cells, beyond)
    with pytest.raises(IndexError, match="noise numbers start at 0"):
        plane()[-1]
