"""``samenoise plan``, and what ``samenoise run --dry-run`` says of time, memory and disk."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tiny import TINY

from samenoise.cli import main

PACE = {
    "train mlp-8 *": {"seconds": 30},
    "train": {"seconds": 100},
    "sample": {"seconds": 2},
    "score N50": {"seconds": 7},
    "score": {"seconds": 5},
    "*": {"seconds": 0},
}
"""Of every cell: nothing is timed here."""

Said = tuple[int, str, str]


@pytest.fixture
def samenoise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """The command in this process and in a folder of its own: exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(TINY, sort_keys=False))
    (tmp_path / "pace.yaml").write_text(yaml.safe_dump(PACE, sort_keys=False))

    def call(*args: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["samenoise", *args])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), *capsys.readouterr()

    return call


def test_a_plan_by_the_pace_of_another_machine(samenoise: Callable[..., Said]) -> None:
    code, out, err = samenoise("plan", "tiny.yaml", "--workers", "64,1,2", "--pace", "pace.yaml", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    kinds: dict[str, int] = {}
    _, listed, _ = samenoise("run", "tiny.yaml", "--dry-run", "--no-timing", "--json")
    for cell in json.loads(listed)["cells"]:
        kind = "narrow" if cell["title"].startswith("mlp-8 ") and cell["kind"] == "train" else cell["kind"]
        kinds[kind] = kinds.get(kind, 0) + 1
    work = 30 * kinds["narrow"] + 100 * kinds["train"] + 2 * kinds["sample"] + 5 * kinds["score"] + 2
    assert found["work_seconds"] == found["rows"][0]["seconds"] == work
    assert found["chain_seconds"] == 100 + 2 + 5 + 7, "train, sample, score and N50, which comes after all others"
    assert [each["title"] for each in found["chain"]][-1] == "N50"
    assert [row["workers"] for row in found["rows"]] == [1, 2, 64]
    assert [row["limit"] for row in found["rows"]] == ["the work", "the work", "the longest chain"]
    assert found["rows"][0]["efficiency"] == 1
    assert found["rows"][2]["seconds"] == found["chain_seconds"]
    assert (found["untimed"], found["preset"]) == (0, "tiny")


def test_the_table(samenoise: Callable[..., Said]) -> None:
    code, out, _ = samenoise("plan", "tiny.yaml", "--workers", "1,64", "--pace", "pace.yaml")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split() == ["workers", "time", "efficiency", "what", "limits"]
    assert lines[2].split()[:3] == ["64", "114", "s"]
    assert "longest chain: 114 s, whatever the number of workers:" in out
    assert "workers do not help: within 5 % of the longest chain" in out


@pytest.mark.parametrize("workers", ["", "0", "1,x", "1.5", "10000000"])
def test_workers_are_whole_numbers(workers: str, samenoise: Callable[..., Said]) -> None:
    code, _, err = samenoise("plan", "tiny.yaml", "--workers", workers)
    assert code == 2
    assert "--workers is numbers of workers such as 1,8,64" in err


def test_a_pace_that_cannot_be_read(samenoise: Callable[..., Said]) -> None:
    code, _, err = samenoise("plan", "tiny.yaml", "--pace", "none.yaml")
    assert code == 2
    assert "cannot read none.yaml" in err


def test_a_dry_run_estimates_time_memory_and_disk(
    samenoise: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("samenoise.lab.rehearsal.conduct.SECONDS", 2.0)
    before = sorted(tmp_path.rglob("*"))
    code, out, err = samenoise("run", "tiny.yaml", "--dry-run", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["estimate"]["seconds"] == pytest.approx(sum(cell["seconds"] for cell in found["cells"]))
    assert found["estimate"]["bytes"] == sum(cell["bytes"] for cell in found["cells"]) > 100_000
    assert found["estimate"]["memory"] > 50e6
    assert found["estimate"]["factor"] > 1
    assert sorted(tmp_path.rglob("*")) == before, "nothing is kept"
