"""Images that exist: every form gives the same images of the same noises, and every mistake one sentence."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from pictures_made import archive, folder, levels, names, parquet, png, read
from safetensors.numpy import save_file

from samenoise.outside import OutsideError, open_target

IDS = [12, 3, 7, 40]


@pytest.fixture
def images():
    return levels(4)


def table(rows, columns=("file_name", "noise_id", "group")):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([columns, *rows])
    return out.getvalue()


def forms(place, images):
    """The same images of the same noises, in every form."""
    files = dict(zip(names(4), map(png, images), strict=True))
    rows = [(name, i, "g") for name, i in zip(files, IDS, strict=True)]
    lines = "\n".join(json.dumps(dict(zip(("file_name", "noise_id"), row, strict=False))) for row in rows)
    save_file({"images": images, "ids": np.array(IDS)}, place / "images.safetensors")
    (place / "tabled").mkdir()
    for name, data in files.items():
        (place / "tabled" / name).parent.mkdir(exist_ok=True)
        (place / "tabled" / name).write_bytes(data)
    (place / "tabled" / "metadata.csv").write_text(table(rows))
    return {
        "names": folder(place / "names", images, IDS),
        "table": str(place / "tabled"),
        "zip": archive(place / "a.zip", {f"x/{i}.png": png(x) for i, x in zip(IDS, images, strict=True)}),
        "zip-table": archive(place / "b.zip", {**files, "metadata.jsonl": lines}),
        "parquet": parquet(place / "a.parquet", images, IDS),
        "safetensors": str(place / "images.safetensors"),
    }


def test_every_form_gives_the_same_images_of_the_same_noises(tmp_path, images):
    order = np.argsort(IDS)
    for form, path in forms(tmp_path, images).items():
        opened = open_target(path, {})
        ids, found = read(opened)
        assert ids == sorted(IDS) == sorted(opened.ids), form
        np.testing.assert_array_equal(found, images[order], err_msg=form)


def test_a_plain_array_is_numbered_by_its_rows(tmp_path, images):
    floats = images.astype(np.float32) / 127.5 - 1
    np.save(tmp_path / "x.npy", floats)
    ids, found = read(open_target(str(tmp_path / "x.npy"), {}))
    assert ids == [0, 1, 2, 3]
    np.testing.assert_array_equal(found, floats)
    np.save(tmp_path / "y.npy", images.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(read(open_target(str(tmp_path / "y.npy"), {}))[1], images)


def test_several_parquet_files_are_one_table_with_groups(tmp_path, images):
    parquet(tmp_path / "0.parquet", images[:2], [5, 1], ["cat", "dog"])
    parquet(tmp_path / "1.parquet", images[2:], [0, 9], ["cat", "cat"])
    opened = open_target(str(tmp_path), {})
    assert (opened.ids, opened.groups) == ([5, 1, 0, 9], ["cat", "dog", "cat", "cat"])
    np.testing.assert_array_equal(read(opened)[1], images[[2, 1, 0, 3]])


def test_the_bank_and_the_groups_of_files_are_read(tmp_path, images):
    opened = open_target(folder(tmp_path / "a", images, bank="f" * 64), {})
    assert opened.bank == "f" * 64
    save_file({"images": images}, tmp_path / "b.safetensors", metadata={"bank": "e" * 64})
    assert open_target(str(tmp_path / "b.safetensors"), {}).bank == "e" * 64
    assert open_target(forms(tmp_path, images)["table"], {}).groups == ["g"] * 4


def test_16_bits_of_grey_keep_their_precision(tmp_path):
    from PIL import Image

    words = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000
    Image.fromarray(words).save(tmp_path / "0.png")
    [(_, found)] = open_target(str(tmp_path), {})
    np.testing.assert_allclose((found[0, 0] + 1) / 2, words / 65535, atol=1e-6)


def bad_table(column, value):
    rows = [
        dict(zip(("file_name", "noise_id"), (name, i), strict=True)) for name, i in zip(names(3), IDS, strict=False)
    ]
    rows[1][column] = value
    return "\n".join(map(json.dumps, rows))


MEMBERS = {name: png(image) for name, image in zip(names(3), levels(3), strict=True)}
BAD = {
    "no number": ({"cat.png": png(levels(1)[0])}, "'cat.png' has no number"),
    "twice": ({"a1.png": png(levels(1)[0]), "b01.png": png(levels(1)[0])}, "more than one image of noise 1"),
    "leads out": ({**MEMBERS, "../../evil7.png": b"x"}, "leads out of the archive"),
    "absolute": ({**MEMBERS, "/etc/8.png": b"x"}, "leads out of the archive"),
    "backslashes": ({**MEMBERS, "..\\..\\evil7.png": b"x"}, "leads out of the archive"),
    "no images": ({"readme.txt": "hello"}, "holds no images"),
    "not listed": ({**MEMBERS, "metadata.jsonl": bad_table("file_name", "other.png")}, "does not list"),
    "not there": ({"x": b"", **dict(list(MEMBERS.items())[:2]), "metadata.jsonl": bad_table("noise_id", 9)}, "no such"),
    "no id": ({**MEMBERS, "metadata.jsonl": bad_table("noise_id", "many")}, "not a number"),
    "id twice": ({**MEMBERS, "metadata.jsonl": bad_table("noise_id", 12)}, "more than one image of noise 12"),
    "listed twice": ({**MEMBERS, "metadata.jsonl": bad_table("file_name", names(1)[0])}, "twice"),
    "no column": ({**MEMBERS, "metadata.csv": "file,noise_id\na,1\n"}, "no column file_name"),
    "no json": ({**MEMBERS, "metadata.jsonl": "{"}, "cannot be read"),
    "no bank": ({"1.png": png(levels(1)[0]), "noise.json": "[]"}, "noise.json"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_archive_is_refused_in_one_sentence(tmp_path, case):
    members, says = BAD[case]
    with pytest.raises(OutsideError, match=says) as refused:
        list(open_target(archive(tmp_path / "a.zip", members), {}))
    assert "\n" not in str(refused.value)


def test_images_of_two_sizes_or_broken_ones_are_named(tmp_path):
    path = folder(tmp_path / "a", levels(3))
    (tmp_path / "a" / "9.png").write_bytes(png(levels(1, (3, 8, 9))[0]))
    with pytest.raises(OutsideError, match=r"'9.png' is 3x8x8, .* is 3x8x9|two shapes"):
        list(open_target(path, {}))
    (tmp_path / "a" / "9.png").write_bytes(b"no picture")
    with pytest.raises(OutsideError, match=r"'9.png'"):
        list(open_target(path, {}))


def test_bad_arrays_and_tables_are_refused(tmp_path):
    np.save(tmp_path / "flat.npy", np.zeros((4, 64), np.float32))
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    save_file({"latents": np.zeros((2, 3, 8, 8), np.float32)}, tmp_path / "other.safetensors")
    save_file({"images": np.zeros((2, 3, 8, 8), np.float32), "ids": np.array([4, 4])}, tmp_path / "twice.safetensors")
    (tmp_path / "none.parquet").write_bytes(b"PAR1")
    (tmp_path / "none.zip").write_bytes(b"PK")
    says = {
        "flat.npy": "shape",
        "objects.npy": "no array of numbers",
        "other.safetensors": "no tensor `images`; it has latents",
        "twice.safetensors": "more than one image of noise 4",
        "none.parquet": "cannot be read",
        "none.zip": "damaged",
    }
    for name, words in says.items():
        with pytest.raises(OutsideError, match=words):
            open_target(str(tmp_path / name), {})


@pytest.mark.parametrize("target", ["nothing", "./nothing/at/all", "nothing.zip", "nothing.onnx"])
def test_what_is_not_there_is_said(target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutsideError, match="there is no file"):
        open_target(target, {})
    (tmp_path / "empty").mkdir()
    with pytest.raises(OutsideError, match="holds nothing that can be compared"):
        open_target("empty", {})
    (tmp_path / "x.txt").touch()
    with pytest.raises(OutsideError, match="nothing that can be compared"):
        open_target("x.txt", {})
    with pytest.raises(OutsideError, match="no option 'steps'"):
        open_target(folder(tmp_path / "a", levels(2)), {"steps": 3})
