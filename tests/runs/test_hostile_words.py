"""What files of a store say may be anything: seals, claims, names of writers, checkpoints."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from number_cell import Number
from safetensors.torch import save
from things import THINGS, Outside, plant

from samenoise.cells.checkpoints import Checkpoints
from samenoise.cli import main
from samenoise.runs import store as store_module
from samenoise.runs.claims import Claim, Claims
from samenoise.runs.listing import listing
from samenoise.runs.seal import SEALED, _hash, read_seal
from samenoise.runs.sentence import printable, said, sentence
from samenoise.runs.store import Store
from samenoise.runs.tree import Tree
from samenoise.runs.writers import is_gone, writer


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "reproducible", nullcontext)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("kind", ["x"]),
        ("kind", None),
        ("seconds", "long"),
        ("seconds", float("nan")),
        ("seconds", -1),
        ("seconds", True),
        ("files", ["value.txt"]),
        ("files", {"value.txt": 3}),
        ("sizes", {"value.txt": 1}),
        ("sizes", []),
        ("hash", 3),
        ("hash", "0" * 20),
        ("config", None),
    ],
)
def test_a_seal_that_is_whole_and_says_nonsense_stops_nobody(tmp_path: Path, key: str, value: Any) -> None:
    store = Store(tmp_path / "run")
    place = store.compute(Number())
    content = json.loads((place / SEALED).read_bytes())
    content[key] = value
    content["seal"] = _hash(content)
    (place / SEALED).write_text(json.dumps(content))
    [found] = listing(tmp_path / "run", verify=True)
    assert found["seconds"] < 10
    good = key == "config"  # what it was made from is in the hash, and nobody reads it here
    assert (read_seal(store.tree, store.tree.name(place)) is not None) is (good or value == "0" * 20)
    assert store.has(Number()) is good
    store.compute(Number())
    assert store.has(Number())


CLAIMS: list[Any] = [
    3,
    [],
    {},
    {"token": 1, "writer": "x", "host": "x", "pid": 1, "cells": []},
    {"token": "x", "writer": None, "host": "x", "pid": 1, "cells": []},
    {"token": "x", "writer": "x", "host": ["x"], "pid": 1, "cells": []},
    {"token": "x", "writer": "x", "host": "x", "pid": "1", "cells": []},
    {"token": "x", "writer": "x", "host": "x", "pid": 1, "cells": [1, {}]},
    {"token": "x", "writer": "x", "host": "x", "pid": 1, "cells": 3},
    {"token": "x", "writer": "x", "host": "x", "pid": 1, "cells": [], "more": 1},
]


@pytest.mark.parametrize("content", CLAIMS)
def test_a_claim_that_says_nonsense_is_somebodys_until_it_is_old(tmp_path: Path, content: Any) -> None:
    assert Claim.of(content) == Claim()
    tree = Tree(tmp_path)
    tree.write(".claims/x.json", json.dumps(content).encode())
    claims = Claims(tree)
    assert not claims.take("x")
    assert list(claims.living()) == [Claim()]
    os.utime(tmp_path / ".claims" / "x.json", (1, 1))
    assert claims.take("x")


HOST = writer().partition("-")[0]


@pytest.mark.parametrize("pid", ["9" * 30, "²", "0", "-1", "", "00", "1" * 10])
def test_the_name_of_a_writer_may_be_any(pid: str) -> None:
    assert not is_gone(f"{HOST}-{pid}-abc")


@pytest.mark.parametrize("thing", [thing for thing in THINGS if thing != "nothing"])
def test_a_checkpoint_may_be_anything(tmp_path: Path, thing: str) -> None:
    outside = Outside(tmp_path / "outside")
    checkpoints = Checkpoints(tmp_path / "scratch")
    (tmp_path / "scratch").mkdir()
    checkpoints.save({"update": torch.tensor(3)}, [])
    for name in (f"checkpoint-{'0' * 64}.safetensors", "checkpoint-x.safetensors"):
        plant(thing, tmp_path / "scratch" / "ffffffff-1-abc" / name, outside)
    plant(thing, tmp_path / "scratch" / "other", outside)
    found = checkpoints.latest()
    assert found is not None
    assert int(found.tensors["update"]) == 3
    checkpoints.save({"update": torch.tensor(4)}, [])
    assert len(os.listdir(tmp_path / "scratch" / writer())) == 1
    assert outside.is_as_it_was()


def test_a_checkpoint_that_is_longer_than_it_says_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = save({"update": torch.tensor(3)}, {"log": "[]"}) + b"x"
    path = tmp_path / "ffffffff-1-abc" / f"checkpoint-{hashlib.sha256(data).hexdigest()}.safetensors"
    path.parent.mkdir()
    path.write_bytes(data)
    assert Checkpoints(tmp_path).latest() is None
    path.write_bytes((2**62).to_bytes(8, "little") + b"{}" * 10)
    assert Checkpoints(tmp_path).latest() is None


NAMES = ["[/]", "[red]x[/red]", "\x1b[2J", "a\nb", os.fsdecode(b"\xff"), ":smile:"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("flags", [[], ["--verify"], ["--json"]])
def test_a_folder_may_have_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any, name: str, flags: list[str]
) -> None:
    store = Store(tmp_path / name)
    place = store.compute(Number())
    last = store.root.name
    (place / last).write_text("x")
    (store.root / last).symlink_to("x")
    monkeypatch.setattr(sys, "argv", ["samenoise", "ls", str(store.root.parent), *flags])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == (1 if "--verify" in flags else 0)
    out, err = capfd.readouterr()
    assert err == ""
    assert "\x1b[2J" not in out
    if flags == ["--verify"]:
        assert f"/{printable(last)}: is a link, which is not followed" in out


def test_a_store_of_another_schema_stops_no_list(tmp_path: Path) -> None:
    for name, version in (("a", 1), ("b", 99), ("c", 1)):
        Store(tmp_path / name)
        (tmp_path / name / "store.json").write_text(json.dumps({"schema_version": version}))
    assert [each["state"] for each in listing(tmp_path)] == ["unfinished", "of another schema", "unfinished"]


def test_a_message_is_one_short_line() -> None:
    assert sentence("a\n  b\x1b[2J\t" + "\udcff") == r"a b\x1b[2J\t\udcff"
    assert len(sentence("x" * 10**6)) < 1010
    assert said(["x" * 10**6]).startswith("['xxx")
    assert len(said({"x": ["y"] * 10**5})) < 100
    assert printable("naïve 数字 –") == "naïve 数字 –"
