"""Pictures of anybody, and what is said beside them: no number is made up, and nothing is read without a bound."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from memory import traced
from pictures_made import archive, folder, levels, names, parquet, png
from safetensors.numpy import save_file
from things import THINGS, Outside, plant

from samenoise.outside import OutsideError, arrays, numbers, open_target, pictures
from samenoise.outside import parquet as parquet_module

MEMBERS = {name: png(image) for name, image in zip(names(3), levels(3), strict=True)}


def lines(value: Any, key: str = "noise_id") -> str:
    rows: list[dict[str, Any]] = [{"file_name": name, "noise_id": i} for i, name in enumerate(MEMBERS)]
    if value is ...:
        del rows[1][key]
    else:
        rows[1][key] = value
    return "\n".join(map(json.dumps, rows))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (2.7, "is 2.7, not a number"),
        (True, "is True, not a number"),
        (None, "is None, not a number"),
        ("2.7", "is '2.7', not a number"),
        ("9" * 5000, "not a number"),
        (float("nan"), "is nan, not a number"),
        (-1, "the number of a noise is 0 .. 2\\*\\*63 - 1, got -1"),
        (2**63, "the number of a noise is 0 .. 2\\*\\*63 - 1, got 9223372036854775808"),
        (..., "has no column noise_id; there are file_name"),
        ([1], "not a number"),
        ("x" * 10**6, "not a number"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_number_of_a_noise_is_refused(tmp_path: Path, value: Any, says: str) -> None:
    with pytest.raises(OutsideError, match=says) as refused:
        open_target(archive(tmp_path / "a.zip", {**MEMBERS, "metadata.jsonl": lines(value)}), {})
    assert len(str(refused.value)) < 400


def test_numbers_that_are_written_as_text_are_numbers(tmp_path: Path) -> None:
    assert open_target(archive(tmp_path / "a.zip", {**MEMBERS, "metadata.jsonl": lines(" 12 ")}), {}).ids == [0, 12, 2]


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl", "noise.json"])
@pytest.mark.parametrize(
    "text", [b"\xff\xfe", b"[" * 10_000, b'"' + b"x" * 10**6, b"1" * 6000, b"{}\n" * 10**6, b",\n" * 10**6, b"null"]
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, text: bytes) -> None:
    with traced() as peak, pytest.raises(OutsideError, match=name):
        open_target(archive(tmp_path / "a.zip", {**MEMBERS, name: text}), {})
    assert 0 < peak.bytes < 3e7


def test_a_table_that_unpacks_to_a_lot_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("1.png", png(levels(1)[0]))
        made.writestr("noise.json", b" " * (2**26 + 1))
    with traced() as peak, pytest.raises(OutsideError, match=r"noise\.json in .* is longer than 67,108,864 bytes"):
        open_target(str(tmp_path / "a.zip"), {})
    assert 0 < peak.bytes < 3e6


@pytest.mark.parametrize(
    "thing", [each for each in THINGS if each not in ("nothing", "a hard link", "folders without an end")]
)
@pytest.mark.parametrize("name", ["noise.json", "metadata.jsonl"])
def test_whatever_has_the_name_of_a_table(tmp_path: Path, thing: str, name: str) -> None:
    """A file is a table, and a bad one; all else is none, and is not waited for."""
    place = Path(folder(tmp_path / "a", levels(2)))
    plant(thing, place / name, Outside(tmp_path / "outside"))
    if (place / name).is_file():
        with pytest.raises(OutsideError, match=name):
            open_target(str(place), {})
    else:
        assert open_target(str(place), {}).ids == [0, 1]


@pytest.mark.parametrize("content", ["[]", "null", "3", "{", "[" * 10_000, b"\xff".decode("latin1")])
def test_samples_whose_manifest_is_damaged(tmp_path: Path, content: str) -> None:
    save_file({"images": levels(2), "ids": np.arange(2)}, tmp_path / "samples.safetensors")
    (tmp_path / "manifest.json").write_text(content, encoding="latin1")
    with pytest.raises(OutsideError, match=r"manifest\.json"):
        open_target(str(tmp_path), {})


@pytest.mark.parametrize("ids", [[0.5, 1], [True, False], [-1, 2]])
def test_ids_of_arrays_are_numbers(tmp_path: Path, ids: list[Any]) -> None:
    save_file({"images": levels(2), "ids": np.array(ids)}, tmp_path / "a.safetensors")
    with pytest.raises(OutsideError, match="the number of a noise is"):
        open_target(str(tmp_path / "a.safetensors"), {})


def test_a_header_of_an_array_takes_no_memory(tmp_path: Path) -> None:
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": (2**40, 1, 1, 1)})
        file.truncate(2**40 + 2**12)
    with traced() as peak, pytest.raises(OutsideError, match="1,099,511,627,776 images, more than 1,048,576"):
        open_target(str(tmp_path / "a.npy"), {})
    assert 0 < peak.bytes < 1e6


def test_there_are_only_so_many_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (arrays, numbers, pictures, parquet_module):
        monkeypatch.setattr(module, "MOST", 3)
    images = levels(4)
    save_file({"images": images}, tmp_path / "a.safetensors")
    sides = [folder(tmp_path / "a", images), parquet(tmp_path / "a.parquet", images, range(4)), "a.safetensors"]
    for side in sides:
        with pytest.raises(OutsideError, match=r"(4 images|the limit of 3)"):
            open_target(str(tmp_path / side), {})


@pytest.mark.parametrize("ids", [[0.5, 1.0], ["a", "b"], [None, 1], [True, False]])
def test_ids_of_tables_are_numbers(tmp_path: Path, ids: list[Any]) -> None:
    with pytest.raises(OutsideError, match="the number of a noise is"):
        open_target(parquet(tmp_path / "a.parquet", levels(2), ids), {})


def test_a_picture_that_goes_away_is_named(tmp_path: Path) -> None:
    opened = open_target(folder(tmp_path / "a", levels(2)), {})
    (tmp_path / "a" / "img7_00001.png").unlink()
    with pytest.raises(OutsideError, match=r"img7_00001\.png' cannot be read: No such file"):
        list(opened)


def test_a_terminal_obeys_no_group(tmp_path: Path) -> None:
    rows = "\n".join(json.dumps({"file_name": n, "noise_id": i, "group": "\x1b[2J"}) for i, n in enumerate(MEMBERS))
    opened = open_target(archive(tmp_path / "a.zip", {**MEMBERS, "metadata.jsonl": rows}), {})
    assert opened.groups == ["\\x1b[2J"] * 3
    opened = open_target(parquet(tmp_path / "a.parquet", levels(1), [0], ["\x1b[2J"]), {})
    assert opened.groups == ["\\x1b[2J"]


def test_a_lying_png_in_a_folder_is_named(tmp_path: Path) -> None:
    place = Path(folder(tmp_path / "a", levels(2)))
    buffer = io.BytesIO(png(levels(1)[0]))
    (place / "img7_00001.png").write_bytes(buffer.getvalue()[:40])
    with pytest.raises(OutsideError, match=r"'img7_00001\.png' "):
        list(open_target(str(place), {}))
