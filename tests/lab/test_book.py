"""Rows as they are kept: JSON, in which no number is infinite."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from samenoise.lab.book import Book, baseline
from samenoise.metrics import Score


@pytest.mark.parametrize(
    ("score", "value", "ci95"),
    [
        (Score(24.0, (8.5, 40.0), 97), 24.0, [8.5, 40.0]),
        (Score(24.0, (8.5, math.inf), 97), 24.0, [8.5, None]),
        (Score(24.0, (-math.inf, 40.0), 97), 24.0, [None, 40.0]),
        (Score(math.nan, (8.5, math.inf), 97), None, [8.5, None]),
        (Score(math.inf, (8.5, math.inf), 97), None, [8.5, None]),
    ],
)
def test_an_open_end_of_an_interval_is_null_and_the_other_end_stays(
    score: Score, value: float | None, ci95: list[float | None], tmp_path: Path
) -> None:
    book = Book("regimes", 8)
    book.row("n50", "mlp-8", "train", score, baseline=baseline())
    book.write(tmp_path)
    [row] = json.loads((tmp_path / "rows.json").read_text())
    assert (row["value"], row["ci95"], row["n"]) == (value, ci95, 97)


def test_a_score_that_could_not_be_had_has_no_interval_and_no_images() -> None:
    book = Book("regimes")
    book.row("n50", "mlp-8", "train", None, baseline=baseline(), note="never copies")
    [row] = book.rows
    assert (row["value"], row["ci95"], row["n"], row["note"]) == (None, None, 0, "never copies")


def test_images_match_strictly_above_the_threshold(tmp_path: Path) -> None:
    book = Book("regimes", 8)
    similarity = torch.tensor([0.5, 0.75, 0.875])
    book.compared("memorized", "mlp-8", "train", torch.tensor([7, 3, 5]), similarity, 0.75, torch.tensor([1, 0, 1]))
    book.write(tmp_path)
    rows = pq.read_table(tmp_path / "images.parquet").to_pylist()
    assert [(row["noise_id"], row["similarity"], row["match"], row["train_id"]) for row in rows] == [
        (7, 0.5, False, 1),
        (3, 0.75, False, 0),
        (5, 0.875, True, 1),
    ]
