"""Files by name are one thing, in a folder and behind a URL; and what is particular to a service."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from s3_server import Server

from samenoise.runs.descriptors import Unreadable
from samenoise.runs.named import KeptFiles
from samenoise.runs.objects import Away, Objects
from samenoise.runs.tree import Tree


@pytest.fixture(params=["folder", "memory", "s3"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> KeptFiles:
    if request.param == "folder":
        return Tree(tmp_path)
    if request.param == "memory":
        return Objects(f"memory://{uuid4().hex}/run")
    return Objects(f"s3://{request.getfixturevalue('s3').bucket()}/run")


def test_files_by_name_are_one_thing_wherever_they_are(files: KeptFiles) -> None:
    assert files.names() == []
    assert files.about("a/b") is None
    with pytest.raises(FileNotFoundError):
        files.read("a/b")
    files.write("a/b", b"one")
    files.write("a/b", b"two")
    assert files.read("a/b") == b"two"
    assert not files.create("a/b", b"three")
    assert files.create("a/c/d", b"")
    assert (files.read("a/b"), files.read("a/c/d")) == (b"two", b"")
    assert files.digest("a/b") == hashlib.sha256(b"two").hexdigest()
    assert files.names() == ["a"]
    assert files.names("a") == ["b", "c"]
    assert [(name, about.st_size) for name, about in sorted(files.files("a"))] == [("b", 3), ("c/d", 0)]
    assert files.is_folder("a")
    assert not files.is_folder("a/b")
    assert (files.size("a"), files.size("a/b"), files.size("nothing")) == (3, 3, 0)
    with pytest.raises(Unreadable):
        files.read("a")
    with pytest.raises(Unreadable):
        files.read("a/b", 2)
    with pytest.raises(Unreadable):
        files.json("a/b")
    files.write("n", b"[1]")
    assert files.json("n") == [1]
    files.move("n", "m/n")
    assert files.about("n") is None
    assert files.read("m/n") == b"[1]"
    with pytest.raises(FileNotFoundError):
        files.move("n", "o")
    files.link("m/n", "o")
    assert files.read("o") == files.read("m/n") == b"[1]"
    with pytest.raises(FileExistsError):
        files.link("a/b", "o")
    files.remove_file("o")
    files.remove_file("o")
    files.remove("a")
    files.remove("a")
    assert files.names("a") == []
    assert files.read("m/n") == b"[1]"


def test_a_touch_is_seen(files: KeptFiles) -> None:
    files.write("claim", b"mine")
    before = files.about("claim")
    time.sleep(1.1 if "s3:" in files.where("") else 0.02)  # S3 counts seconds
    files.touch("claim")
    after = files.about("claim")
    assert before is not None
    assert after is not None
    assert after.st_mtime_ns > before.st_mtime_ns
    assert files.read("claim") == b"mine"


def test_a_service_that_heeds_the_condition_is_told_from_one_that_ignores_it(s3: Server) -> None:
    assert Objects(f"s3://{s3.bucket()}/run").exclusive
    s3.harm = ignores_conditions
    files = Objects(f"s3://{s3.bucket()}/run")
    assert not files.exclusive
    assert files.names() == [], "what was tried out is cleared"
    assert files.create("a", b"1")
    assert not files.create("a", b"2"), "it looks before it writes"


def ignores_conditions(server: Server, request: dict, answer: Callable) -> None:
    request.pop("HTTP_IF_NONE_MATCH", None)


def test_an_answer_that_was_lost_is_no_defeat(s3: Server) -> None:
    """The object was made, nobody heard so, and the next try meets it."""
    files = Objects(f"s3://{s3.bucket()}/run")
    assert files.exclusive
    lost = []

    def loses_one(server: Server, request: dict, answer: Callable) -> list[bytes] | None:
        if request["REQUEST_METHOD"] == "PUT" and not lost:
            lost.append(b"".join(server.app(request, lambda *args: None)))
            answer("503 Slow Down", [("Content-Length", "0")])
            return [b""]
        return None

    s3.harm = loses_one
    assert files.create("claim", b"mine")
    assert lost
    assert not files.create("claim", b"another's")


def test_a_service_that_is_away_for_a_while_is_waited_for_and_then_said_so(s3: Server) -> None:
    files = Objects(f"s3://{s3.bucket()}/run", patience=20)
    files.write("a", b"1")
    back = time.monotonic() + 0.5

    def away(server: Server, request: dict, answer: Callable) -> list[bytes] | None:
        if time.monotonic() > back:
            return None
        answer("400 Bad Request", [("Content-Length", "0")])  # which no library tries again by itself
        return [b""]

    s3.harm = away
    assert files.read("a") == b"1"
    assert time.monotonic() > back
    back, files.patience = float("inf"), 0.5
    with pytest.raises(Away, match=r"^s3://bucket-\w+/run cannot be used at present: .*Bad Request") as caught:
        files.write("a", b"2")
    assert "\n" not in str(caught.value)
    files.patience, began = 30.0, time.monotonic()
    with pytest.raises(Away):
        files.write("a", b"2")
    assert time.monotonic() - began < 10, "who clears up waits no more"
    back = 0.0
    assert files.read("a") == b"1"


def test_nothing_there_and_nothing_known_of_it_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        Objects("nonsense://a/b")
    with pytest.raises(ModuleNotFoundError, match=r"a run directory at gs:// needs gcsfs: pip install gcsfs"):
        Objects("gs://a/b")
