"""A head of Ray that is gone is told within seconds; no Ray is needed to see that."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from samenoise.runs import ray as ray_module
from samenoise.runs.cell import ConfigError
from samenoise.runs.failures import CellFailed
from samenoise.runs.ray import Ray, _answers, _Head


class Deaf:
    """A Ray that is asked how large it is, and waits for its head for ever."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def is_initialized(self) -> bool:
        return True

    def cluster_resources(self) -> dict[str, float]:
        self.asked.set()
        threading.Event().wait()
        raise AssertionError


def test_an_address_where_nothing_is_is_a_sentence_at_once():
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert _answers(f"127.0.0.1:{port}")
        assert _answers(f"ray://127.0.0.1:{port}")
    with pytest.raises(ConfigError, match=f"^no Ray at '127.0.0.1:{port}': nothing answers there$"):
        Ray(f"127.0.0.1:{port}")._connect(None)
    assert _answers("local"), "that is Ray's to understand"
    assert time.monotonic() - began < 5


def test_a_head_that_goes_is_told_and_one_that_comes_back_is_not(monkeypatch):
    monkeypatch.setattr(ray_module, "LOOK", 0.0)
    monkeypatch.setattr(ray_module, "SILENT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        deaf = Deaf()
        head = _Head(deaf, f"127.0.0.1:{port}")
        assert deaf.asked.wait(5), "what hangs does not hang here"
        assert head.there()
    assert not head.there()
    with socket.create_server(("127.0.0.1", port)):
        assert head.there()
    assert not head.there()
    time.sleep(0.6)
    with pytest.raises(
        CellFailed, match=f"^the head of Ray at 127\\.0\\.0\\.1:{port} does not answer: what is finished"
    ):
        head.there()
