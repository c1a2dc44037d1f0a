"""An S3 service on loopback: moto, behind a door at which requests can be harmed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}

Answer = Callable[..., Any]
Harm = Callable[["Server", dict[str, Any], Answer], Iterable[bytes] | None]


class Server:
    """A server with a bucket of its own for each who asks.

    Attributes:
        harm: called with the server, a request (WSGI) and how to answer; what it returns is the answer, or ``None``.
        seen: how many requests of each method there were, and bytes that came and went.
    """

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import WSGIRequestHandler, make_server

        class Quiet(WSGIRequestHandler):
            protocol_version = "HTTP/1.1"

            def log(self, *args: Any) -> None:
                pass

        self.app = DomainDispatcherApplication(create_backend_app)
        self.harm: Harm | None = None
        self.seen: Counter[str] = Counter()
        self._alone = threading.Lock()
        self._server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self._server.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to use it."""
        return {**CREDENTIALS, "AWS_ENDPOINT_URL": self.url}

    def bucket(self) -> str:
        """A new one, empty."""
        import boto3

        name = f"bucket-{uuid4().hex[:8]}"
        boto3.client("s3", endpoint_url=self.url, **_keys()).create_bucket(Bucket=name)
        return name

    def __call__(self, request: dict[str, Any], answer: Answer) -> Iterable[bytes]:
        self.seen[request["REQUEST_METHOD"]] += 1
        self.seen["bytes in"] += int(request.get("CONTENT_LENGTH") or 0)
        if self.harm is not None:
            harmed = self.harm(self, request, answer)
            if harmed is not None:
                return harmed
        if "HTTP_IF_NONE_MATCH" in request:  # a service does in one step what moto does in two
            with self._alone:
                return self.app(request, answer)
        return self.app(request, answer)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _keys() -> dict[str, str]:
    return {name.lower(): value for name, value in CREDENTIALS.items() if name != "AWS_DEFAULT_REGION"} | {
        "region_name": CREDENTIALS["AWS_DEFAULT_REGION"]
    }
