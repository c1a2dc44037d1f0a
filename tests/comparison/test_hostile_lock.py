"""Lock files of anybody: read as what they are, or refused in a sentence; and no code is run that only they name."""

from __future__ import annotations

import base64
import json
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from memory import traced
from things import THINGS, Outside, plant

from samenoise.comparison import written as as_written
from samenoise.comparison.ask import check
from samenoise.comparison.compare import How
from samenoise.comparison.lock import make, read
from samenoise.comparison.places import for_file, for_folder
from samenoise.comparison.spec import SideSpec
from samenoise.comparison.written import numbers, shape_of
from samenoise.outside.base import OutsideError

SHAPE, N = (1, 4, 4), 3
PACKED = base64.b64encode(zlib.compress(b"x")).decode()


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("lock") / "good.lock"
    make(SideSpec(np.tanh, "tanh"), "m:tanh", How(shape=SHAPE, noises=N, ceiling=2)).write(path)
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Of every value that the format says something of."""
    found = [path] if path else []
    if isinstance(content, dict) and path not in (("about",), ("machine",)):
        found += [place for key, value in content.items() for place in places(value, (*path, key))]
    return found


def changed(good: dict[str, Any], path: tuple[Any, ...], value: Any) -> str:
    content = json.loads(json.dumps(good))
    *parents, last = path
    here = content
    for name in parents:
        here = here[name]
    here[last] = value
    return json.dumps(content)


@pytest.mark.parametrize(
    ("value", "can_be"),
    [
        (True, set()),
        (1.5, set()),
        ([None], set()),
        (-1, set()),
        ({"x": 1}, {"about"}),
        (["\x1b[2J"], {"conditions"}),
        (10**18, {"noise.seed"}),
    ],
    ids=repr,
)
def test_every_value_is_what_it_should_be_or_the_lock_is_refused(
    good: dict[str, Any], tmp_path: Path, value: Any, can_be: set[str]
) -> None:
    path, refused = tmp_path / "a.lock", set()
    every = {".".join(place): place for place in places(good)}
    for name, place in every.items():
        path.write_text(changed(good, place, value))
        with suppress(OutsideError):
            read(path)
            continue
        refused.add(name)
    assert every.keys() - refused == can_be


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("noise", "ids"), [0, 1, 1], "not one fingerprint for each noise"),
        (("noise", "ids"), [0, 1], "not one fingerprint for each noise"),
        (("images", "fingerprints"), [], "not one fingerprint for each noise"),
        (("images", "thumbnail_shape"), [1, 4, 5], "its thumbnails are not of its images"),
        (("images", "thumbnails"), PACKED, "not as many as its noises"),
        (("images", "sketches"), "no base64!", "is no lock of samenoise, or damaged"),
        (("images", "sketches"), base64.b64encode(zlib.compress(b"\xff" * 4 * 64 * N)).decode(), "what is no number"),
        (("more",), 1, "Extra inputs"),
        (("history",), [{"date": "x"}], "history.0.rp: Field required"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    good: dict[str, Any], tmp_path: Path, path: tuple[str, ...], value: Any, says: str
) -> None:
    (tmp_path / "a.lock").write_text(changed(good, path, value))
    with pytest.raises(OutsideError, match=says):
        read(tmp_path / "a.lock")


def test_a_bomb_is_unpacked_no_further_than_its_noises(good: dict[str, Any], tmp_path: Path) -> None:
    bomb = base64.b64encode(zlib.compress(bytes(10**8), 9)).decode()
    (tmp_path / "a.lock").write_text(changed(good, ("images", "thumbnails"), bomb))
    with traced() as peak, pytest.raises(OutsideError, match="not as many as its noises"):
        read(tmp_path / "a.lock")
    assert 0 < peak.bytes < 3e6


@pytest.mark.parametrize("thing", [each for each in THINGS if each != "a hard link"])
def test_whatever_has_the_name_of_a_lock_is_told_by_it(tmp_path: Path, thing: str) -> None:
    plant(thing, tmp_path / "a.lock", Outside(tmp_path / "outside"))
    with pytest.raises(OutsideError, match=r"a\.lock"):
        read(tmp_path / "a.lock")


@pytest.mark.parametrize(
    "target", ["m:tanh", "os:system", "evil.py:draw", "net.pkl", "net.pkl,trust_pickle=true", "a.onnx,python=./evil"]
)
def test_no_code_is_run_that_a_lock_names_alone(good: dict[str, Any], tmp_path: Path, target: str) -> None:
    (tmp_path / "net.pkl").touch()
    marks = tmp_path / "ran"
    (tmp_path / "evil.py").write_text(f"open({str(marks)!r}, 'w')\ndef draw(noise): return noise\n")
    target = target.replace("evil.py", str(tmp_path / "evil.py")).replace("net.pkl", str(tmp_path / "net.pkl"))
    (tmp_path / "a.lock").write_text(changed(good, ("target",), target))
    with pytest.raises(OutsideError, match="code is run only where you name it"):
        check(tmp_path / "a.lock", None, [], [])
    assert not marks.exists()


@pytest.mark.parametrize("thing", THINGS)
def test_a_result_takes_the_place_of_a_file_alone(good: dict[str, Any], tmp_path: Path, thing: str) -> None:
    outside, path = Outside(tmp_path / "outside"), tmp_path / "out" / "a.lock"
    plant(thing, path, outside)
    (tmp_path / "good.lock").write_text(json.dumps(good))
    lock = read(tmp_path / "good.lock")
    if thing == "nothing" or path.is_file():
        for_file(path)
        lock.write(path)
        assert read(path).ids == lock.ids
    else:
        before = path.lstat()
        with pytest.raises(OutsideError, match="and no file: nothing is written in its place"):
            for_file(path)
        with pytest.raises(ValueError, match="nothing is written in its place"):
            lock.write(path)
        assert path.lstat() == before
    assert outside.is_as_it_was()
    assert [each.name for each in path.parent.iterdir()] == ["a.lock"]


def test_a_folder_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for_folder(tmp_path)
    for_folder(tmp_path / "new")
    for name in ("file", "link"):
        with pytest.raises(OutsideError, match="give another name for"):
            for_folder(tmp_path / name)


@pytest.mark.parametrize("text", ["0-99999999999", "9" * 5000, str(2**63), "0-8,9-16", "0-8,10-16,1", "١-٣"])
def test_numbers_have_a_limit(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(as_written, "MOST", 16)
    assert numbers("0-7,9-16") == [*range(8), *range(9, 17)]
    with traced() as peak, pytest.raises(OutsideError, match=r"numbers are (like|below)"):
        numbers(text)
    assert 0 < peak.bytes < 1e6


@pytest.mark.parametrize("text", ["9" * 5000, "3x" + "9" * 20, "x".join("3" * 100), "3x٣"])
def test_shapes_have_a_limit(text: str) -> None:
    with pytest.raises(OutsideError, match="a shape is like"):
        shape_of(text)
