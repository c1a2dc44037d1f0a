"""A store at a service, computed by jobs of Slurm and by tasks of Ray: both find it by its URL."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import ray_cluster
import slurm_cluster
from number_cell import BARE, LOG, layers
from s3_server import Server

from samenoise.runs.cell import in_order
from samenoise.runs.executor import unheard
from samenoise.runs.ray import Ray
from samenoise.runs.remote import CACHE, RemoteStore
from samenoise.runs.slurm import Slurm

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(params=["slurm", "ray"])
def engine(
    request: pytest.FixtureRequest, s3: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*filter(None, sys.path), str(Path(__file__).parents[1])]))
    monkeypatch.setenv(LOG, str(tmp_path / "log"))
    monkeypatch.setenv(BARE, "1")
    monkeypatch.setenv(CACHE, str(tmp_path / "caches"))
    if request.param == "slurm":
        cluster = slurm_cluster.started()
        monkeypatch.setenv("SLURM_CONF", cluster.environment["SLURM_CONF"])
        yield Slurm(2, {"slurm_time": 2, "slurm_partition": "main"})
        cluster.stop()
    else:
        nodes = ray_cluster.started(cpus=1)
        yield Ray(nodes.address)
        nodes.shutdown()


def test_each_unit_is_computed_once_and_is_at_the_service(engine: Callable, s3: Server, tmp_path: Path) -> None:
    url, cells = f"s3://{s3.bucket()}/run", in_order(layers())
    store = RemoteStore(url)
    engine(layers(), store, on_event=unheard)
    assert Counter((tmp_path / "log").read_text().split()) == {cell.hash: 1 for cell in cells}
    reader = RemoteStore(url, cache=tmp_path / "elsewhere")
    assert [reader.damage(cell) for cell in cells] == [None] * len(cells)
    assert [*store.claims.living()] == []
