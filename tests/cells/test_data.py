"""Data of a run: files by content, the images that are taken of them, and what is said where they cannot be."""

import json
import shutil

import pytest
from data_forms import assert_pixels, encode, random_pixels, write
from safetensors.torch import load_file
from tiny import hashed, shuffled, tiny

from samenoise.cells.fingerprint import fingerprint
from samenoise.cells.specs import DataSpec
from samenoise.lab.study import Study
from samenoise.runs.cell import ConfigError
from samenoise.runs.store import Store

PIXELS = random_pixels(12, 8, 8)
NAMES = [f"{'ab'[k % 2]}/{k:02}.png" for k in (0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11)]
"""In the order of their paths: six of class 0, six of class 1."""


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "pictures", {name: encode(p) for name, p in zip(NAMES, PIXELS, strict=True)})


def cell_of(folder, source="files", **data):
    spec = {"source": source, "path": str(folder), "held_out": 2, **data}
    return Study(tiny(experiments=["regimes"], sizes=[4], data=spec).common).data


def computed(cell, root):
    place = Store(root).compute(cell)
    tensors = load_file(place / "images.safetensors")
    return tensors["images"], tensors["labels"].tolist(), json.loads((place / "manifest.json").read_text())


def test_of_more_images_a_random_choice_is_taken(folder, tmp_path):
    images, labels, manifest = computed(cell_of(folder), tmp_path / "run")
    chosen = shuffled(12, hashed("0/choice"))[:6]
    assert_pixels(images, PIXELS[chosen][:, None])
    assert labels == [int(k >= 6) for k in chosen]
    assert (manifest["count"], manifest["shape"], manifest["skipped"]) == (6, [1, 8, 8], [])


def test_count_and_classes(folder, tmp_path):
    images, labels, _ = computed(cell_of(folder, count=12), tmp_path / "all")
    assert_pixels(images, PIXELS[:, None])
    assert labels == [0] * 6 + [1] * 6
    images, labels, _ = computed(cell_of(folder, classes=[1]), tmp_path / "one")
    assert_pixels(images, PIXELS[6:][:, None])
    assert set(labels) == {1}
    images, _, _ = computed(cell_of(folder, size=4, channels=3), tmp_path / "small")
    assert images.shape == (6, 3, 4, 4)


def test_classes_of_digits(tmp_path):
    cell = Study(tiny(experiments=["regimes"], sizes=[4], data={"classes": [3], "held_out": 2}).common).data
    images, labels, _ = computed(cell, tmp_path)
    assert (len(images), set(labels)) == (6, {3})


def test_bad_files_are_refused_or_listed(folder, tmp_path):
    (folder / "a" / "03.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"03\.png"):
        Store(tmp_path / "refused").compute(cell_of(folder))
    images, _, manifest = computed(cell_of(folder, on_bad="skip", count=12), tmp_path / "skipped")
    assert len(images) == 12
    [line] = manifest["skipped"]
    assert line.startswith("'a/03.png' ")
    assert cell_of(folder, on_bad="skip", count=12).skipped(Store(tmp_path / "skipped")) == [line]


def test_too_few_images_are_said(folder, tmp_path):
    with pytest.raises(ValueError, match="has 12 images, the run needs 13"):
        Store(tmp_path / "run").compute(cell_of(folder, count=13))
    with pytest.raises(ValueError, match="has 6 images, the run needs 9"):
        Store(tmp_path / "run").compute(cell_of(folder, classes=[0], held_out=5))


def test_a_data_set_of_the_library_is_read_from_disk(tmp_path, monkeypatch):
    library = pytest.importorskip("datasets", reason="the extra samenoise[datasets] is not installed")
    monkeypatch.setattr(library.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(library.config, "HF_HUB_OFFLINE", True)
    features = library.Features({"image": library.Image(), "label": library.ClassLabel(names=["x", "y"])})
    rows = {"image": [{"bytes": encode(p), "path": None} for p in PIXELS], "label": [0] * 6 + [1] * 6}
    train = library.Dataset.from_dict(rows, features=features)
    library.DatasetDict(train=train, test=train.select([0, 1])).save_to_disk(tmp_path / "saved")
    images, labels, _ = computed(cell_of(tmp_path / "saved", source="hub"), tmp_path / "run")
    chosen = shuffled(12, hashed("0/choice"))[:6]
    assert_pixels(images, PIXELS[chosen][:, None])
    assert labels == [int(k >= 6) for k in chosen]
    with pytest.raises(ValueError, match="has 2 images"):
        Store(tmp_path / "run").compute(cell_of(tmp_path / "saved", source="hub", split="test"))


def test_the_fingerprint_is_of_names_and_contents(folder, tmp_path):
    def of(path):
        return fingerprint(DataSpec(source="files", path=str(path)))

    before = of(folder)
    shutil.copytree(folder, tmp_path / "elsewhere" / "other")
    assert of(tmp_path / "elsewhere" / "other") == before, "where it lies is of no consequence"
    assert cell_of(folder).hash != cell_of(folder, size=4).hash
    (folder / "a" / "00.png").rename(folder / "a" / "01.png")
    renamed = of(folder)
    (folder / "a" / "01.png").rename(folder / "a" / "00.png")
    assert of(folder) == before
    hash_before = cell_of(folder).hash
    (folder / "a" / "00.png").write_bytes(encode(255 - PIXELS[0]))
    changed = of(folder)
    assert cell_of(folder).hash != hash_before, "the cell's hash holds the fingerprint"
    (folder / "c.png").write_bytes(encode(PIXELS[0]))
    assert len({before, renamed, changed, of(folder)}) == 4
    one = folder / "c.png"
    assert of(one) == of(shutil.copy(one, tmp_path / "d.png"))


def test_builtin_data_needs_no_fingerprint():
    assert fingerprint(DataSpec()) == fingerprint(DataSpec(source="mixture")) == ""
    assert fingerprint(DataSpec(source="hub", path="user/name")) == "user/name"


def test_missing_data_say_how_to_get_them(folder, tmp_path):
    with pytest.raises(ConfigError, match=r"there is no data at .*nowhere: fetch it like this"):
        fingerprint(DataSpec(source="files", path=str(tmp_path / "nowhere"), get="fetch it like this"))
    with pytest.raises(ConfigError, match="give the path of IDX files"):
        fingerprint(DataSpec(source="files", path=str(tmp_path / "nowhere")))
    assert cell_of(folder, get="some words").hash == cell_of(folder).hash, "words are not data"
    with pytest.raises(ValueError, match="source files needs a path"):
        DataSpec(source="files")
