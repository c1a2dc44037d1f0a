"""A folder from anywhere: what is in it is a model that samenoise saved, or one sentence says what it is not."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from memory import traced
from networks_made import SHAPE, stirred
from safetensors.torch import load_file, save_file

from samenoise.denoiser import NetworkDenoiser
from samenoise.networks import NETWORKS, skeleton
from samenoise.networks.checkpoint import WEIGHTS, from_pretrained, save_pretrained
from samenoise.process import EDM, Process


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_pretrained(NetworkDenoiser(stirred("mlp").eval(), EDM(), SHAPE), tmp_path)
    return tmp_path


def changed(folder: Path, path: str, value: Any) -> None:
    """Set a key of ``process.json``, as in ``network.width``."""
    content = json.loads((folder / "process.json").read_text())
    *parents, last = path.split(".")
    place = content
    for name in parents:
        place = place[name]
    if value is Ellipsis:
        del place[last]
    else:
        place[last] = value
    (folder / "process.json").write_text(json.dumps(content))


WRONG = [
    ("sigma_data", -1.0),
    ("sigma_data", 0),
    ("sigma_data", math.nan),
    ("sigma_data", math.inf),
    ("sigma_data", "0.5"),
    ("sigma_data", True),
    ("parameterisation", "epsilon"),
    ("parameterisation", None),
    ("parameterisation", ["edm"]),
    ("process.name", "vq"),
    ("process.name", ...),
    ("process", "edm"),
    ("process.sigma_max", math.nan),
    ("process.sigma_max", -80.0),
    ("process.sigma_max", "80"),
    ("process.sigma_max", 1e300),
    ("process.rho", 1e-3),
    ("process.rho", ...),
    ("process.gamma", 1.0),
    ("grid", [math.nan, 0.0]),
    ("grid", [80.0, math.nan, 0.0]),
    ("grid", [80.0, 80.0, 0.0]),
    ("grid", [1.0]),
    ("grid", []),
    ("grid", [800.0, 0.0]),
    ("grid", [1.0, -1.0]),
    ("grid", ["80", "0"]),
    ("grid", 3.0),
    ("network.name", "vit"),
    ("network.width", 0),
    ("network.width", -24),
    ("network.width", 24.0),
    ("network.width", "24"),
    ("network.width", 48),
    ("network.width", 8192),
    ("network.width", 100_000),
    ("network.width", 10**400),
    ("network.depth", 0),
    ("network.depth", 3),
    ("network.depth", 256),
    ("network.depth", 100_000),
    ("network.shape", [1, 8, 9]),
    ("network.shape", [1, 8]),
    ("network.shape", []),
    ("network.shape", [0, 8, 8]),
    ("network.shape", [2**40, 2**40, 2**40]),
    ("network.shape", [1, 8, -8]),
    ("network.dropout", 0.5),
    ("parameters", 1),
    ("parameters", ...),
    ("more", 1),
]


@pytest.mark.parametrize(("path", "value"), WRONG, ids=lambda x: str(x)[:20])
def test_a_description_that_is_wrong_is_refused_without_memory(folder: Path, path: str, value: Any) -> None:
    from_pretrained(folder)
    changed(folder, path, value)
    start = time.process_time()
    with (
        traced() as peak,
        pytest.raises(ValueError, match="is damaged, or of another version of samenoise: ") as error,
    ):
        from_pretrained(folder)
    assert time.process_time() - start < 5
    assert 0 < peak.bytes < 3e6
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 700


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 6_000,
        b"null",
        b" " * 2**21,
        b'{"sigma_data": 0.5, "sigma_data": 0.6}',
    ],
    ids=lambda text: str(text[:12]),
)
def test_what_is_no_description_is_refused(folder: Path, text: bytes) -> None:
    (folder / "process.json").write_bytes(text)
    with pytest.raises(ValueError, match="is damaged, or of another version of samenoise: "):
        from_pretrained(folder)


def test_a_key_that_stands_there_twice_is_refused(folder: Path) -> None:
    path = folder / "process.json"
    path.write_text(path.read_text().replace('"sigma_data": 0.5', '"sigma_data": 0.7, "sigma_data": 0.5'))
    with pytest.raises(ValueError, match="the key 'sigma_data' stands there twice"):
        from_pretrained(folder)


def test_whole_numbers_of_json_are_floats_where_floats_are_meant(folder: Path) -> None:
    before = from_pretrained(folder)
    changed(folder, "process.sigma_max", 80)
    assert from_pretrained(folder).process == before.process


def weights(folder: Path, change: Any) -> None:
    found = load_file(folder / WEIGHTS)
    save_file(change(found), folder / WEIGHTS)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda w: w | {"outward": torch.full_like(w["outward"], math.nan)}, "outward holds NaN or infinity"),
        (lambda w: w | {"outward": torch.full_like(w["outward"], -math.inf)}, "outward holds NaN or infinity"),
        (lambda w: w | {"outward": w["outward"].to(torch.int32)}, "outward is I32 of shape"),
        (lambda w: w | {"outward": w["outward"].bool()}, "outward is BOOL of shape"),
        (lambda w: w | {"outward": w["outward"].T.contiguous()}, "outward is F32 of shape .*not floats of shape"),
        (lambda w: w | {"more": torch.zeros(3)}, "has a weight more, which the network has not"),
        (lambda w: {name: value for name, value in w.items() if name != "noise"}, "lacks the weight noise"),
        (lambda w: {"a": torch.zeros(1)}, "are none of a network of depth 2|lacks the weight|none of a network"),
    ],
)
def test_weights_that_are_not_those_of_the_network(folder: Path, change: Any, says: str) -> None:
    weights(folder, change)
    with pytest.raises(ValueError, match=rf"is damaged, or of another version of samenoise: .*({says})"):
        from_pretrained(folder)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_floats_of_another_width_are_floats(folder: Path, dtype: torch.dtype) -> None:
    before = from_pretrained(folder).network.state_dict()
    weights(folder, lambda w: {name: value.to(dtype) for name, value in w.items()})
    after = from_pretrained(folder).network.state_dict()
    assert all(torch.equal(after[name], before[name].to(dtype).float()) for name in before)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_skeleton_has_the_shapes_and_no_memory(name: str) -> None:
    network = stirred(name)
    bare = skeleton(network.config())
    assert {k: v.shape for k, v in bare.core.state_dict().items()} == {
        k: v.shape for k, v in network.core.state_dict().items()
    }
    assert all(p.device.type == "meta" for p in bare.parameters())
    assert bare.parameters_count == network.parameters_count


def test_a_process_of_somebody_else_is_not_saved(tmp_path: Path) -> None:
    class Mine(EDM):
        name = "mine"

    process: Process = Mine()
    with pytest.raises(ValueError, match="there is no process 'mine'"):
        save_pretrained(NetworkDenoiser(stirred("mlp"), process, SHAPE), tmp_path / "new")
    assert not (tmp_path / "new").exists()
