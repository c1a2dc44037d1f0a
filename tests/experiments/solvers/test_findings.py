"""What ``solvers`` says follows from its rows, and claims no more."""

from __future__ import annotations

from typing import Any

from experiment_rows import solver_rows
from readings import said
from rows import row


def at(solver: str, nfe: int, value: float, a: str = "m", **more: Any) -> dict[str, Any]:
    how = {"solver": solver, "steps": nfe, "nfe": nfe, "eta": 0.0, "floor": 0.0, "ceiling": 1.0}
    return row("solvers", "rp_reference", value, a, "reference", 100, **(how | more))


def test_a_solver_has_arrived_where_every_finer_grid_and_every_model_has() -> None:
    rows = [at("heun", 9, 0.5), at("heun", 17, 1.0), at("heun", 35, 1.0)]
    assert "with Heun from 17 evaluations of the network on (floor at most 0.00)" in said(rows)
    assert "with Heun from 35" in said([at("heun", 9, 1.0), at("heun", 17, 0.5), at("heun", 35, 1.0)])
    assert "with Heun from 35" in said([*rows, at("heun", 17, 0.9, "w"), at("heun", 35, 1.0, "w")])
    assert "Not within the grids tried: Heun (RP 0.91 at 35)" in said([*rows, at("heun", 35, 0.9, "w")])
    assert "Heun from 17" in said([at("heun", 9, 0.5), at("heun", 17, 0.9, ceiling=0.9)])
    assert "Heun from 9" in said([at("heun", 9, 0.99) | {"value": 0.99}]), "at the level is above it"
    by_chance = [at("heun", 9, 1.0, floor=0.995), at("heun", 17, 1.0, floor=0.995)]
    assert "Not within the grids tried: Heun (RP 1.00 at 17) (floor at most 1.00)" in said(by_chance)
    assert "Heun from 9" in said([at("heun", 9, 1.0), at("heun", 9, 0.1, eta=0.5)])  # fresh noise is another matter


def test_the_solvers_in_words() -> None:
    text = said(solver_rows())
    assert "Heun from 143 evaluations of the network on and DPM-Solver++(2M) from 160" in text
    assert "Not within the grids tried: DDIM (RP 0.86 at 200)." in text
    assert (
        "is 0.66 at eta = 0 and falls to 0.01 at eta = 1 (floor 0.01) where each draws fresh noise of its own" in text
    )
    assert "with the same fresh noise for both it is 0.59 (ceiling 0.87)." in text


def test_solvers_are_told_in_one_order_whatever_that_of_the_rows() -> None:
    rows = [at("heun", 9, 0.5), at("ddim", 10, 0.4)]
    assert said(rows) == said(rows[::-1])
    assert "Not within the grids tried: DDIM (RP 0.41 at 10) and Heun (RP 0.50 at 9)" in said(rows)


def test_fresh_noise_is_told_of_the_grid_on_which_it_was_tried() -> None:
    how: dict[str, Any] = {"solver": "ddim", "steps": 50, "nfe": 50}
    rows = [row("solvers", "rp", value, "a", "b", 100, eta=e, **how) for e, value in ((0.0, 0.6), (1.0, 0.1))]
    rows.append(row("solvers", "rp", 0.99, "a", "b", 100, eta=0.0, **how | {"steps": 10, "nfe": 10}))
    assert "RP of a and b is 0.59 at eta = 0 and falls to 0.10 at eta = 1" in said(rows)


def test_fresh_noise_that_changes_nothing_is_said_to() -> None:
    def eta(own: tuple[float, float], shared: float | None) -> str:
        rows = []
        for e, value in zip((0.0, 1.0), own, strict=True):
            how = {"solver": "ddim", "steps": 50, "nfe": 50, "eta": e}
            rows.append(row("solvers", "rp", value, "a", "b", 100, **how))
            if shared is not None:
                rows.append(row("solvers", "rp_shared", shared, "a", "b", 100, **how))
        return said(rows)

    assert "falls to 0.10 at eta = 1" in eta((0.6, 0.1), 0.5)
    assert "it is 0.50." in eta((0.6, 0.1), 0.5)  # no ceiling is known
    assert "no fall beyond the intervals" in eta((0.6, 0.58), 0.5)
    assert "is not seen to bring it back: 0.11" in eta((0.6, 0.1), 0.11)
    assert "same fresh noise" not in eta((0.6, 0.1), None)


def test_each_baseline_stands_in_its_own_place_rounded_against_the_claim() -> None:
    own = {"floor": 0.0111, "ceiling": 0.605, "gaussian": 0.0333}
    assert said([at("heun", 9, 0.4, **own), at("heun", 17, 0.605, **own | {"floor": 0.0222})]) == (
        "The same noise gives m the picture of the finest grid for 99 % of the noises for which that is possible with "
        "Heun from 17 evaluations of the network on (floor at most 0.03)."
    )
    assert said([at("heun", 9, 0.4, **own)]) == "Not within the grids tried: Heun (RP 0.41 at 9) (floor at most 0.02)."
    how = {"solver": "ddim", "steps": 50, "nfe": 50, "floor": 0.0111, "ceiling": 0.9, "gaussian": 0.0333}
    rows = [row("solvers", "rp", v, "a", "b", 100, eta=e, **how) for e, v in ((0.0, 0.605), (1.0, 0.1))]
    rows.append(row("solvers", "rp_shared", 0.505, "a", "b", 100, eta=1.0, **how | {"ceiling": 0.8911}))
    assert said(rows) == (
        "RP of a and b is 0.60 at eta = 0 and falls to 0.10 at eta = 1 (floor 0.02) where each draws fresh noise of "
        "its own; with the same fresh noise for both it is 0.50 (ceiling 0.90)."
    )
