"""What tests of stores at a service share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from s3_server import Server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[Server]:
    pytest.importorskip("s3fs", reason="stores at s3:// are not tested: pip install 'samenoise[s3]'")
    pytest.importorskip("moto", reason="there is no S3 service to test with: pip install 'moto[s3]' flask flask-cors")
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def s3(s3_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The service, as this process and those that it starts find it."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    yield s3_server
    s3_server.harm = None
