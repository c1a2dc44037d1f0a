"""The tree: names lead nowhere else, files are bounded, what is in the way is kept, and nothing is followed."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from memory import traced
from things import Outside, nest, plant

from samenoise.runs.bounded import DEPTH, parse_json
from samenoise.runs.descriptors import FILE, Unreadable, content, opened
from samenoise.runs.files import read_file
from samenoise.runs.read_tree import ReadTree
from samenoise.runs.tree import Tree


@pytest.mark.parametrize("name", ["..", "a/../b", "/etc/passwd", "a//b", "a/", ".", "a\0b"])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    (tmp_path / "run").mkdir()
    tree = Tree(tmp_path / "run")
    for act in (tree.read, tree.folder, tree.remove, tree.remove_file, lambda name: tree.write(name, b"")):
        with pytest.raises(ValueError, match="is no name of a file"):
            act(name)
    assert list(tmp_path.iterdir()) == [tmp_path / "run"]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    for name in ("a", "b/c/d", "x" * 255, os.fsdecode(b"\xff\xfe"), "ä" * 127):
        tree.write(name, name.encode(errors="surrogateescape"))
        assert tree.read(name) == name.encode(errors="surrogateescape")
    assert tree.names() == sorted(p.name for p in tmp_path.iterdir()), "and nothing is left beside"


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.write("ten", b"0123456789")
    assert tree.read("ten", 10) == b"0123456789"
    with pytest.raises(Unreadable, match="longer than 9 bytes"):
        tree.read("ten", 9)
    (tmp_path / "link").symlink_to("ten")
    assert read_file(tmp_path / "link", 10) == b"0123456789", "what the user names may be a link"
    with pytest.raises(Unreadable, match="longer than 9 bytes"):
        read_file(tmp_path / "link", 9)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Unreadable, match="a named pipe"):
        read_file(tmp_path / "pipe", 10)


def test_the_root_may_be_a_link_and_nothing_below_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    tree = Tree(tmp_path / "link")
    tree.write("a/b", b"x")
    assert (tmp_path / "real" / "a" / "b").read_bytes() == b"x"
    (tmp_path / "real" / "c").symlink_to("a")
    with pytest.raises(Unreadable, match="c is a link and no folder"):
        tree.read("c/b")
    assert tree.names("c") == []


def test_what_is_in_the_way_is_kept(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.write("a", b"a file")
    tree.write("a/b", b"x")
    tree.write("a/b/c", b"y")
    tree.write("a", b"again")
    assert tree.read("a") == b"again"
    kept = {path.name.partition("-")[0]: path for path in (tmp_path / ".damaged").iterdir()}
    assert kept["b"].read_bytes() == b"x"
    assert (kept["a"].read_bytes() if kept["a"].is_file() else (kept["a"] / "b" / "c").read_bytes()) in (
        b"a file",
        b"y",
    )
    assert len(list((tmp_path / ".damaged").iterdir())) == 3


def test_who_is_slow_puts_nothing_good_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two find a link where a folder should be. One has mended it when the other comes to move it."""
    outside = Outside(tmp_path / "outside")
    root = tmp_path / "run"
    root.mkdir()
    plant("a link to a folder", root / "data", outside)
    slow, fast = Tree(root), Tree(root)
    move = Tree._swap

    def late(*args: Any) -> None:
        monkeypatch.setattr(Tree, "_swap", staticmethod(move))
        fast.write("data/result", b"good")
        move(*args)

    monkeypatch.setattr(Tree, "_swap", staticmethod(late))
    slow.write("data/other", b"good too")
    assert fast.names("data") == ["other", "result"]
    assert [path.is_symlink() for path in (root / ".damaged").iterdir()] == [True]
    assert outside.is_as_it_was()


def test_many_mend_the_same(tmp_path: Path) -> None:
    for game in range(20):
        root = tmp_path / str(game)
        root.mkdir()
        (root / "data").symlink_to("nowhere")
        (root / ".damaged").write_text("x")
        threads = [threading.Thread(target=Tree(root).write, args=(f"data/{k}", b"x")) for k in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Tree(root).names("data") == [str(k) for k in range(6)]


def test_what_is_removed_may_be_deeper_than_anybody_recurses(tmp_path: Path) -> None:
    nest(tmp_path / "abyss", 1100)
    (tmp_path / "abyss" / "link").symlink_to(tmp_path)
    (tmp_path / "abyss" / "file").write_text("x")
    tree = Tree(tmp_path)
    assert len(list(tree.walk())) < 100
    tree.remove("abyss")
    assert tree.names() == []


def test_what_is_looked_at_may_vanish(tmp_path: Path) -> None:
    tree = ReadTree(tmp_path / "none")
    assert (tree.names(), list(tree.walk()), tree.about("a"), tree.size("")) == ([], [], None, 0)
    with pytest.raises(FileNotFoundError):
        tree.read("a")
    with pytest.raises(FileNotFoundError):
        Tree(tmp_path / "none").write("a/b", b"")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"{", "is no JSON"),
        (b"\xff", "is not UTF-8"),
        (b"[" * (DEPTH + 2) + b"]" * (DEPTH + 2), "nested more than 64 deep"),
        (b"[" * 10**6, "nested more than 64 deep"),
        (b"1" * 6000, "more than 64 bits"),
        (b"1" * 40, "more than 64 bits"),
        (b'["\\ud800"]', "half of a character"),
        (b'{"\\udc00": 1}', "half of a character"),
        (b"[" + b"0," * 2_000_000 + b"0]", "more than 2,000,000 values"),
    ],
)
def test_json_is_bounded(text: bytes, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_json(text)


def test_json_within_the_bounds_is_what_it_is() -> None:
    text = b"[" * DEPTH + b'1, 2.5, null, true, "\\ud83d\\ude00", -9223372036854775808' + b"]" * DEPTH
    content = parse_json(text)
    for _ in range(DEPTH - 1):
        (content,) = content
    assert content == [1, 2.5, None, True, "\U0001f600", -(2**63)]


def test_a_short_file_takes_no_more_memory_than_it_has_bytes(tmp_path: Path) -> None:
    """Whatever the limit is: claims are read all the time."""
    tree = Tree(tmp_path)
    tree.write("a", b"short")
    with traced() as peak:
        assert tree.read("a", 2**26) == b"short"
    assert 0 < peak.bytes < 1e5


def test_what_grows_while_it_is_read_is_read_to_its_end_or_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    with opened(path, FILE, path) as descriptor:
        monkeypatch.setattr(os, "fstat", lambda _: SimpleNamespace(st_size=4))
        assert content(descriptor, path, 10) == b"0123456789"
    monkeypatch.undo()
    with opened(path, FILE, path) as descriptor:
        monkeypatch.setattr(os, "fstat", lambda _: SimpleNamespace(st_size=4))
        with pytest.raises(Unreadable, match="longer than 9 bytes"):
            content(descriptor, path, 9)
    monkeypatch.undo()
