"""The verbs on a run directory at a service: what a folder gives, bit for bit.

``SAMENOISE_PRESET=digits-quick`` takes another preset than the tiny one.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from s3_server import Server
from tiny import TINY
from typer.testing import CliRunner

from samenoise.cli import app
from samenoise.runs.objects import Objects
from samenoise.runs.remote import CACHE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("remote")
    (folder / "tiny.yaml").write_text(yaml.safe_dump({**TINY, "experiments": ["regimes"], "sizes": [4, 12]}))
    return folder


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    pytest.importorskip("s3fs", reason="stores at s3:// are not tested: pip install 'samenoise[s3]'")
    pytest.importorskip("moto", reason="there is no S3 service to test with: pip install 'moto[s3]' flask flask-cors")
    with pytest.MonkeyPatch.context() as patch:
        server = Server()
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server
        server.stop()


def here(*args: str) -> str:
    """What a verb says, in this process; an error goes on."""
    said = CliRunner().invoke(app, [*args], catch_exceptions=False)
    assert said.exit_code == 0, said.output
    return said.stdout


def test_a_run_at_a_service_is_a_run_in_a_folder(folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE, str(folder / "cache"))
    preset, url = os.environ.get("SAMENOISE_PRESET", str(folder / "tiny.yaml")), f"s3://{server.bucket()}/runs/tiny"
    took = []
    for out, workers in ((str(folder / "local"), "1"), (url, "2")):
        server.seen.clear()
        began = time.monotonic()
        here("run", preset, "--out", out, "--workers", workers)
        took.append(time.monotonic() - began)
    print(f"local {took[0]:.1f} s, at the service {took[1]:.1f} s, {dict(server.seen)}")
    files = Objects(url)
    for name in ("scores.json", "curves.json", "config.yaml", "grid.json", "grid.safetensors"):
        assert files.read(name, 2**28) == (folder / "local" / name).read_bytes(), name
    assert files.size("report/index.html") > 10_000
    others = {".scratch", ".claims"}
    assert set(files.names()) == {path.name for path in (folder / "local").iterdir()} - others

    monkeypatch.setenv(CACHE, str(folder / "elsewhere"))  # from here on on another machine
    found = json.loads(here("watch", url, "--json"))
    assert len(found["done"]) == found["cells"] > 0
    [listed] = json.loads(here("ls", url, "--verify", "--json"))["runs"]
    assert (listed["path"], listed["state"], listed["damaged"]) == (url, "finished", {})
    [listed] = json.loads(here("ls", url.rpartition("/")[0], "--json"))["runs"]
    assert listed["path"] == url
    files.remove("report")
    here("report", url)
    assert files.size("report/index.html") > 10_000
    files.write(f"data/{20 * 'a'}/cell.json", b"{}")
    files.write(".claims/dead.json", b'{"token": "", "writer": "", "host": "", "pid": 0, "cells": []}')
    [removed] = json.loads(here("gc", url, "--json"))["removed"]
    assert removed["path"] == f"data/{20 * 'a'}"
    assert 20 * "a" not in files.names("data")
