"""One preset by each executor, through the command line, in parts: the same scores, bit for bit.

``SAMENOISE_PRESET=digits-quick`` takes another preset than the tiny one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import ray_cluster
import slurm_cluster
import yaml
from tiny import TINY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
TESTS = Path(__file__).parents[1]


def scores(root: Path, environment: dict[str, str], *options: str) -> bytes:
    """Of a run in a folder of its own."""
    preset = os.environ.get("SAMENOISE_PRESET", str(root.parent / "tiny.yaml"))
    (root.parent / "tiny.yaml").write_text(yaml.safe_dump(TINY))
    path = os.pathsep.join([*filter(None, sys.path), str(TESTS)])
    done = subprocess.run(
        [sys.executable, "-m", "samenoise", "run", preset, "--out", str(root), *options],
        env={**os.environ, **environment, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    return (root / "scores.json").read_bytes()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return scores(tmp_path_factory.mktemp("local") / "run", {})


@pytest.fixture
def slurm():
    cluster = slurm_cluster.started()
    yield cluster
    cluster.stop()


@pytest.fixture
def ray():
    cluster = ray_cluster.started(cpus=1)
    yield cluster
    cluster.shutdown()


def in_parts(root: Path) -> int:
    """How many parts of images were made."""
    made = [json.loads(path.read_text()) for path in root.glob("samples/*/cell.json")]
    return sum(each["config"]["is"] == "SamplePart" for each in made)


def test_slurm(slurm: slurm_cluster.Cluster, local: bytes, tmp_path: Path) -> None:
    options = ("--executor", "slurm", "--workers", "2", "--shards", "2", "slurm_time=30")
    assert scores(tmp_path / "run", slurm.environment, *options) == local
    assert in_parts(tmp_path / "run") > 0


def test_ray(ray: Any, local: bytes, tmp_path: Path) -> None:
    options = ("--executor", "ray", "--address", ray.address, "--shards", "3")
    assert scores(tmp_path / "run", {}, *options) == local
    assert in_parts(tmp_path / "run") > 0
