"""A row of ``scores.json`` beside what :mod:`rescored` expects of it."""

from __future__ import annotations

from typing import Any

import pytest
from rescored import Expected, mid_p

SHARES = ("rp", "mae_score", "memorized", "gl", "nn_ratio")


def check(row: dict[str, Any], expected: Expected) -> None:
    """A row is what was expected: shares are counts and exact, distances up to float32."""
    where = {key: row[key] for key in ("experiment", "metric", "a", "b", "n_train")}
    threshold = expected["threshold"]
    assert row["threshold"] == (None if threshold is None else pytest.approx(threshold, abs=1e-6)), where
    if "between" in expected:
        _check_between(row, *expected["between"], where)
        return
    exact = {"rel": 1e-9, "abs": 1e-12} if row["metric"].startswith(SHARES) else {"rel": 2e-5, "abs": 0}
    near = expected.get("near", exact)
    assert row["n"] == expected["n"], where
    assert row["value"] == pytest.approx(expected["value"], **near), where
    if "ci95" in expected:
        assert row["ci95"] == pytest.approx(expected["ci95"], rel=2e-5, abs=1e-7), where
    else:
        assert row["ci95"][0] <= row["value"] <= row["ci95"][1], where
    for key, value in expected["baseline"].items():
        wanted = None if value is None else pytest.approx(value, **near)
        assert row["baseline"][key] == wanted, (where, key)


def _check_between(row: dict[str, Any], one: Expected, other: Expected, where: dict[str, Any]) -> None:
    found = {"value": row["value"], **{key: row["baseline"][key] for key in ("floor", "ceiling", "gaussian")}}
    ends = [{"value": end["value"], **end["baseline"]} for end in (one, other)]
    for key, value in found.items():
        low, high = ends[0][key], ends[1][key]
        if low is None:
            assert value is None, (where, key)
        else:
            assert min(low, high) - 1e-9 <= value <= max(low, high) + 1e-9, (where, key)
    if row["metric"].startswith("rp"):
        assert found["floor"] <= 0.01, (where, "what should not match passes the calibrated threshold too often")
    assert (row["n"], one["n"]) == (other["n"], other["n"]), where
    assert row["ci95"] == pytest.approx(mid_p(round(row["value"] * row["n"]), row["n"]), abs=1e-7), where
