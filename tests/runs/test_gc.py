"""What is swept up, and what never is."""

import json
import os
from contextlib import nullcontext

import pytest
from number_cell import Number

from samenoise.runs import store as store_module
from samenoise.runs.gc import sweep
from samenoise.runs.store import Store

GONE = "ffffffff-1-abc"


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Wanted is 1; also there: 2 and 3, a damaged one, scratch of 1 (done), 4 (wanted) and 5, an expired claim."""
    monkeypatch.setattr(store_module, "reproducible", nullcontext)
    store = Store(tmp_path / "run")
    for k in (1, 2, 3, 6):
        store.compute(Number(value=k))
    (store.path(Number(value=6)) / "value.txt").write_text("7")
    assert not store.whole(Number(value=6))
    for k in (1, 4, 5):
        folder = store.scratch(Number(value=k)) / GONE
        folder.mkdir()
        (folder / "checkpoint-1").write_text("x" * 10)
        for path in (folder, folder / "checkpoint-1"):
            os.utime(path, (1, 1))
    (store.root / ".claims").mkdir()
    (store.root / ".claims" / "x.json").write_text("{}")
    os.utime(store.root / ".claims" / "x.json", (1, 1))
    (store.root / "training" / Number(value=2).hash).mkdir(parents=True)
    (store.root / "scores.json").write_text("{}")
    return store


WANTED = {Number(value=k).hash for k in (1, 4)}


def everything(store: Store) -> set[str]:
    return {p.relative_to(store.root).as_posix() for p in store.root.rglob("*")}


def test_a_dry_run_says_the_same_and_removes_nothing(store):
    before = everything(store)
    said = sweep(store, WANTED, dry_run=True)
    assert everything(store) == before
    assert sweep(store, WANTED) == said
    assert sweep(store, WANTED) == []


def test_what_goes_and_what_stays(store):
    sizes = {k: sum(p.stat().st_size for p in store.path(Number(value=k)).rglob("*.*")) for k in (2, 3)}
    swept = {each.path: each for each in sweep(store, WANTED)}
    kinds = sorted(each.what for each in swept.values())
    assert kinds == [
        "claim of a run that is gone",
        "damaged result",
        *["result that no config asks for"] * 2,
        *["scratch of no use any more"] * 2,
    ]
    for k, size in sizes.items():
        assert swept[f"scores/{Number(value=k).hash}"].bytes == size
    assert store.damage(Number(value=1)) is None
    assert list(store.places()) == [f"scores/{Number(value=1).hash}"]
    assert store.drafts.names() == [Number(value=4).hash], "a training that was stopped can go on"
    assert (store.root / "training" / Number(value=2).hash).is_dir()
    assert (store.root / "scores.json").exists()


def test_what_a_living_run_needs_stays(store):
    other = Store(store.root)
    with store.claims.using([Number(value=2).hash]):
        other.claims.take(Number(value=3).hash)
        sweep(Store(store.root), WANTED)
        assert store.has(Number(value=2)), "it is among the cells of a run"
        assert store.has(Number(value=3)), "it is being worked on"
        other.claims.release(Number(value=3).hash)
    sweep(Store(store.root), WANTED)
    assert not store.has(Number(value=2))
    assert not store.has(Number(value=3))


def test_a_run_that_begins_meanwhile_keeps_what_it_needs(store, monkeypatch):
    import samenoise.runs.gc as gc_module

    look = gc_module._candidates

    def late(*args):
        found = list(look(*args))
        store.claims.take("run-x", [Number(value=2).hash])
        yield from found

    monkeypatch.setattr(gc_module, "_candidates", late)
    sweep(Store(store.root), WANTED)
    assert store.has(Number(value=2))
    assert not store.has(Number(value=3))


def test_scratch_of_a_living_writer_stays(store):
    from samenoise.runs.writers import writer

    cell = Number(value=9)
    (store.scratch(cell) / writer()).mkdir()
    sweep(store, WANTED)
    assert cell.hash in store.drafts.names()


def test_the_command(tmp_path, monkeypatch, capsys):
    import sys

    import yaml
    from tiny import TINY

    from samenoise.cli import main
    from samenoise.lab.presets import load
    from samenoise.lab.study import Study

    monkeypatch.setattr(store_module, "reproducible", nullcontext)

    def gc(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["samenoise", "gc", *args])
        with pytest.raises(SystemExit) as exit:
            main()
        return exit.value.code or 0, *capsys.readouterr()

    root = tmp_path / "run"
    store = Store(root)
    kept = Study(load("digits").common).data
    store.compute(kept)
    store.compute(Number())
    for content, says in ((None, "no config.yaml"), ("sizes: 3", "cannot be planned"), ("{", "cannot be planned")):
        if content is not None:
            (root / "config.yaml").write_text(content)
        code, out, err = gc(str(root))
        assert (code, out, err.count("\n")) == (2, "", 1), err
        assert says in err
        assert "nothing was removed" in err
    assert store.has(Number())
    preset = {**TINY, "data": load("digits").common.data.model_dump(mode="json")}
    (root / "config.yaml").write_text(yaml.safe_dump(preset))
    kept = Study(load(str(root / "config.yaml")).common).data
    store.compute(kept)
    code, out, err = gc(str(root), "--dry-run")
    assert (code, err) == (0, "")
    assert f"scores/{Number().hash}" in out
    assert "would be removed" in out
    assert store.has(Number())
    code, out, _ = gc(str(root), "--json")
    content = json.loads(out)
    assert [each["path"] for each in content["removed"]] == [f"scores/{Number().hash}"]
    assert content["bytes"] > 0
    assert not store.has(Number())
    assert store.has(kept)


@pytest.mark.parametrize(
    ("recorded", "asked", "goes"),
    [
        (None, None, True),
        ("7", "RUNNING\n", False),
        ("7", "", True),
        ("7", None, False),
    ],
    ids=["no array", "jobs", "no jobs", "no Slurm to ask"],
)
def test_what_was_handed_to_jobs_goes_with_the_last_of_them(recorded, asked, goes, store, tmp_path, monkeypatch):
    programs = tmp_path / "bin"
    programs.mkdir()
    if asked is not None:
        (programs / "squeue").write_text(f"#!/bin/sh\nprintf '{asked}'\n")
        (programs / "squeue").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/bin" if asked is not None else str(programs))
    (store.root / ".jobs" / "log").mkdir(parents=True)
    (store.root / ".jobs" / "log" / "x.out").write_text("said")
    if recorded:
        (store.root / ".jobs" / "slurm.json").write_text(json.dumps({"job": recorded, "cells": "x"}))
    with store.claims.using([Number(value=9).hash]):
        assert ".jobs" not in {each.path for each in sweep(Store(store.root), WANTED)}, "somebody is at work"
    said = sweep(Store(store.root), WANTED, dry_run=True)
    assert (store.root / ".jobs" / "log" / "x.out").exists()
    assert (".jobs" in {each.path for each in said}) == goes
    sweep(Store(store.root), WANTED)
    assert (store.root / ".jobs").exists() != goes
