"""The search over shards: brute force's neighbours, and the same bits however the rows are cut and whoever searches."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from samenoise.metrics import cosine, nearest, nearest_candidates, nearest_of
from samenoise.metrics.search import _blocks

CHUNK = 256
"""So that blocks are searched by groups of columns, and the last one is not."""


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def queries() -> Tensor:
    return normal(300, 24)


@pytest.fixture(scope="module")
def rows(queries: Tensor) -> Tensor:
    """Among 1,500 rows, ten that are one row each; ten that differ in their last bits; and rows of zeros."""
    made = normal(1500, 24, seed=1)
    made[torch.arange(7, 1500, 150)] = queries[3]
    made[torch.arange(11, 1500, 150)] = queries[4] + 3e-7 * normal(10, 24, seed=2)
    made[[0, 700]] = 0
    return made


def same(one: tuple[Tensor, ...], other: tuple[Tensor, ...]) -> bool:
    return all(map(torch.equal, one, other))


def cut(rows: Tensor, at: list[int]) -> list[Tensor]:
    ends = [0, *sorted(at), len(rows)]
    return [rows[start:end] for start, end in pairwise(ends)]


@pytest.mark.parametrize("k", [1, 3])
def test_the_neighbours_are_those_of_brute_force(queries: Tensor, rows: Tensor, k: int) -> None:
    x, y = (each.double().numpy() for each in (queries, rows))
    lengths = np.linalg.norm(y, axis=1)
    cosines = x @ y.T / (np.linalg.norm(x, axis=1)[:, None] * np.where(lengths == 0, 1, lengths))
    found = nearest(queries, iter(cut(rows, [100, 900])), k, CHUNK)
    np.testing.assert_allclose(found.similarity, -np.sort(-cosines, axis=1)[:, :k], atol=3e-7)
    clear = np.diff(-np.sort(-cosines, axis=1)[:, : k + 1], axis=1).max(1) < -1e-6
    assert 0.9 < clear.mean() < 1
    assert found.row[clear].tolist() == np.argsort(-cosines, axis=1)[clear, :k].tolist()
    assert found.row[3].tolist() == list(range(7, 1500, 150))[:k], "among equal rows, the lowest"


def test_among_rows_that_differ_in_their_last_bits_the_best_as_measured(queries: Tensor, rows: Tensor) -> None:
    """Four of each: products rank them as rounding falls, and what is found is what they come to one by one."""
    near = torch.cat([rows, queries[5:45].repeat(4, 1) + 2e-7 * normal(160, 24, seed=3)])
    one_by_one = torch.stack([cosine(each.expand_as(near), near) for each in queries[5:45]])
    assert torch.equal(nearest(queries[5:45], near, chunk=CHUNK).similarity[:, 0], one_by_one.amax(1))


def test_blocks_are_of_one_size_wherever_shards_end(rows: Tensor) -> None:
    found = [(start, len(block)) for start, block in _blocks(iter(cut(rows, [10, 11, 700, 1000])), CHUNK)]
    assert found == [(start, min(CHUNK, 1500 - start)) for start in range(0, 1500, CHUNK)]


@settings(max_examples=9, deadline=None)
@given(at=st.lists(st.integers(0, 1500), max_size=8), chunk=st.sampled_from([CHUNK, 50, 1500]))
def test_shards_of_any_sizes_give_the_same_bits(queries: Tensor, rows: Tensor, at: list[int], chunk: int) -> None:
    assert same(nearest(queries, iter(cut(rows, at)), 2, chunk), nearest(queries, rows, 2, chunk))


@pytest.mark.parametrize("workers", [2, 4, 8])
def test_workers_on_parts_give_the_same_bits(queries: Tensor, rows: Tensor, workers: int) -> None:
    chunk = 64
    starts = [k * 24 // workers * chunk for k in range(workers)]
    parts = [
        nearest_candidates(queries, iter(cut(rows[start:end], [30])), 2, start, chunk)
        for start, end in zip(starts, [*starts[1:], len(rows)], strict=True)
    ]
    assert same(nearest_of(parts[::-1], 2), nearest(queries, rows, 2, chunk))


def test_parts_smaller_than_what_is_asked_for() -> None:
    x, y = normal(4, 5), normal(6, 5, seed=1)
    parts = [nearest_candidates(x, y[k : k + 2], 5, k, 2) for k in (4, 0, 2)]
    assert same(nearest_of(parts, 5), nearest(x, y, 5, 2))
    with pytest.raises(ValueError, match="7 neighbours need at least 7 training images, got 6"):
        nearest_of(parts, 7)


def test_one_shard_is_open_at_a_time(queries: Tensor, rows: Tensor) -> None:
    opened: list[weakref.ref[Any]] = []

    def shards() -> Iterator[Tensor]:
        for part in cut(rows, [500, 1000]):
            gc.collect()
            assert not [each for each in opened if each() is not None]
            shard = part.clone()
            opened.append(weakref.ref(shard.untyped_storage()))
            yield shard
            del shard

    nearest(queries, shards(), chunk=CHUNK)
    assert len(opened) == 3


def test_what_shards_cannot_be(queries: Tensor) -> None:
    with pytest.raises(ValueError, match="multiples of the chunk"):
        nearest_candidates(queries, normal(10, 24), first=5, chunk=10)
    with pytest.raises(ValueError, match=r"\(300, 24\) and \(2, 5\)"):
        nearest(queries, [normal(9, 24), normal(2, 5)])
    with pytest.raises(ValueError, match="shard 1 of the training set holds NaN"):
        nearest(queries, [normal(9, 24), normal(9, 24) * torch.nan])
    with pytest.raises(TypeError, match="shard 0 of the training set is a tensor"):
        nearest(queries, ["rows.safetensors"])  # type: ignore[list-item]
