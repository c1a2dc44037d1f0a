"""Arrays of Slurm that end before all is done: whether another is submitted. No Slurm is asked here."""

from __future__ import annotations

import pytest
from number_cell import Number

from samenoise.runs import slurm
from samenoise.runs.executor import unheard
from samenoise.runs.failures import CellFailed
from samenoise.runs.slurm import Slurm
from samenoise.runs.slurm_worker import ENDED, LEFT
from samenoise.runs.store import Store


@pytest.fixture
def arrays(monkeypatch):
    """What the arrays do, one after the other, that end at once; how many units they were for is noted."""
    told = []

    def during(*ends):
        left = iter(ends)

        def submit(self, cells, count, store):
            told.append(count)
            next(left, lambda cells, store: None)(cells, store)
            return "1"

        monkeypatch.setattr(Slurm, "_submit", submit)
        return told

    monkeypatch.setattr(slurm, "_goes_on", lambda job: False)
    monkeypatch.setattr(slurm, "LOOK", 0.0)
    monkeypatch.setattr(slurm, "ASK", 0.0)
    return during


def first(cells, store):
    store.compute(next(cell for cell in cells if not store.has(cell)))


def had_to_go(cells, store):
    store.tree.write(LEFT, b"")


def in_vain(cells, store):
    store.tree.remove_file(LEFT)


def full(cells, store):
    store.tree.write(ENDED, b"number 1: No space left on device")


def test_three_in_a_row_in_vain_are_the_end(arrays, tmp_path):
    told = arrays(in_vain, in_vain, first)
    with pytest.raises(CellFailed, match=r"^3 arrays of Slurm in a row ended without a result"):
        Slurm()([Number(value=1), Number(value=2)], Store(tmp_path), on_event=unheard)
    assert told == [2, 2, 2, 1, 1, 1]


def test_one_that_had_to_go_was_not_in_vain(arrays, tmp_path):
    told = arrays(*[had_to_go] * 5, in_vain, in_vain, first)
    Slurm()([Number(value=1)], Store(tmp_path), on_event=unheard)
    assert told == [1] * 8


def test_after_one_whose_end_is_that_of_all_no_other_is_tried(arrays, tmp_path):
    told = arrays(full)
    with pytest.raises(CellFailed, match=r"^number 1: No space left on device$"):
        Slurm()([Number(value=1)], Store(tmp_path), on_event=unheard)
    assert told == [1]
    told.clear()
    arrays(first)
    Slurm()([Number(value=1)], Store(tmp_path), on_event=unheard)
    assert told == [1], "another run tries again"


HELD = "launch failed requeued held"


@pytest.mark.parametrize(
    ("said", "goes_on"),
    [
        ("None\nResources\n", True),
        (f"{HELD}\nNone\n", True),
        (f"{HELD}\nlaunch_failed_requeued_held\n", False),
        ("JobHeldUser\nJobHeldAdmin\n", True),
        ("", False),
        ("slurm_load_jobs error: Invalid job id specified", False),
        ("slurm_load_jobs error: Unable to contact slurm controller", True),
    ],
    ids=["runs", "one held back", "all held back", "held by somebody", "gone", "forgotten", "no answer"],
)
def test_an_array_of_which_slurm_holds_back_what_is_left_is_cancelled(said, goes_on, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    fault = "error:" in said
    squeue, scancel = tmp_path / "squeue", tmp_path / "scancel"
    squeue.write_text(f"#!/bin/sh\nprintf '%s' '{said}' {'>&2; exit 1' if fault else ''}\n")
    scancel.write_text(f"#!/bin/sh\necho $1 > {tmp_path / 'cancelled'}\n")
    for each in (squeue, scancel):
        each.chmod(0o755)
    assert slurm._goes_on("7") == goes_on
    assert (tmp_path / "cancelled").exists() == ("held" in said and not goes_on)
