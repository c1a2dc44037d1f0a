"""``samenoise train`` and ``prepare`` from the command line."""

import json
import sys

import numpy as np
import pytest
import yaml
from data_forms import encode, random_pixels, write
from PIL import Image
from tiny import MATRIX, TINY, content

from samenoise.cli import main
from samenoise.data import read
from samenoise.lab.agenda import Agenda
from samenoise.lab.presets import load
from samenoise.networks.checkpoint import from_pretrained
from samenoise.runs.store import Store

UVIT = {
    **TINY,
    "name": "transformer",
    "experiments": ["regimes"],
    "network": {"name": "uvit", "blocks": 1},
    "widths": [16],
    "sizes": [12],
    "training": {"updates": 20, "batch": 8, "warmup": 5},
}


@pytest.fixture
def samenoise(tmp_path, monkeypatch, capsys):
    """The command in this process and in a folder of its own: exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    for name, preset in (("uvit", UVIT), ("tiny", TINY), ("matrix", MATRIX)):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(preset, sort_keys=False))

    def call(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["samenoise", *args])
        with pytest.raises(SystemExit) as exit:
            main()
        return exit.value.code or 0, *capsys.readouterr()

    return call


def test_a_trained_network_is_where_the_run_looks_for_it(samenoise, tmp_path):
    code, out, err = samenoise(
        "train", "uvit.yaml", "--model", "uvit-16", "--sheet-every", "10", "--log-with", "tensorboard"
    )
    assert code == 0, err
    folder = tmp_path / out.strip().removeprefix("model: ")
    assert from_pretrained(folder).network.width == 16
    store = tmp_path / "runs" / "transformer"
    aside = store / "training" / folder.parent.name
    sheets = sorted(aside.glob("*.png"))
    assert [sheet.name for sheet in sheets] == ["update-00000010.png", "update-00000020.png"]
    drawn = [np.asarray(Image.open(sheet)) for sheet in sheets]
    assert {picture.shape for picture in drawn} == {(64, 4 * 64, 3)}, "four noises, enlarged to 64 pixels"
    assert not np.array_equal(*drawn)
    assert list(aside.rglob("events.out.tfevents.*"))
    code, plan, _ = samenoise("run", "uvit.yaml", "--dry-run", "--no-timing", "--json")
    there = {cell["kind"]: cell["there"] for cell in json.loads(plan)["cells"]}
    unmade = {"sample": False, "features": False, "score": False, "grid": False}
    assert there == {"data": True, "train": True, **unmade}
    agenda, alone = Agenda(load("uvit.yaml")), Store(tmp_path / "alone")
    alone.compute(agenda.study.data)
    train, _ = agenda.plan.place(agenda.study.model(16, 12).member)
    assert content(alone.compute(train)) == content(folder.parent), "looking on changes nothing"
    code, again, _ = samenoise("train", "uvit.yaml", "--model", "uvit-16", "--json")
    assert json.loads(again) == {"model": str(folder), "cell": folder.parent.name}


def test_a_model_of_a_cohort_has_a_folder_of_its_own(samenoise, tmp_path):
    code, out, err = samenoise("train", "tiny.yaml", "--model", "mlp-8", "--n", "40", "training.updates=2")
    assert code == 0, err
    agenda = Agenda(load("tiny.yaml", ["training.updates=2"]))
    train, member = agenda.plan.place(agenda.study.model(8, 40).member)
    assert member, "not the first of its cohort"
    assert out.strip() == f"model: {train.place(Store(tmp_path / 'runs' / 'tiny'), member)}"


def test_a_named_student_is_trained_with_its_teachers(samenoise, tmp_path):
    code, out, err = samenoise("train", "matrix.yaml", "--model", "halved", "models.plain.training.updates=2")
    assert code == 0, err
    assert len(from_pretrained(out.strip().removeprefix("model: ")).grid) == 3
    assert len(list((tmp_path / "runs" / "tiny-matrix" / "models").iterdir())) == 3, "the teacher and two halvings"


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("tiny.yaml", "--model", "mlp-8", "--n", "4", "--log-with", "tensorboard"), 2, "train together as a cohort"),
        (("tiny.yaml", "--model", "mlp-8", "--n", "4", "--sheet-every", "10"), 2, "train together as a cohort"),
        (("tiny.yaml", "--model", "mlp-9", "--n", "4"), 2, "there is no model 'mlp-9'; there are mlp-8, mlp-16"),
        (("tiny.yaml", "--model", "mlp-8"), 2, "one of 4, 12, 40"),
        (("tiny.yaml", "--model", "mlp-8", "--n", "5"), 2, "one of 4, 12, 40"),
        (("uvit.yaml",), 2, "there is no model ''; there are uvit-16"),
        (("matrix.yaml", "--model", "mlp-8"), 2, "there are plain, again, flow, attention, halved"),
        (("matrix.yaml", "--model", "plain", "--n", "3"), 2, "on the largest of the sizes"),
        (
            ("tiny.yaml", "--model", "mlp-16", "--n", "4", "experiments=splits", "shown=12"),
            2,
            "no experiment of this preset trains mlp-16 on 4 images",
        ),
        (("uvit.yaml", "--model", "uvit-16", "training.accumulate=3"), 1, "cannot be cut"),
        (("uvit.yaml", "--model", "uvit-16", "network.blocks=2"), 1, "its depth is odd"),
        (("tiny.yaml", "--model", "mlp-8", "--n", "4", "training.lr=1e30", "training.warmup=0"), 1, "diverged"),
    ],
)
def test_mistakes_get_one_sentence(samenoise, args, code, says):
    got, out, err = samenoise("train", *args)
    assert (got, out) == (code, ""), err
    assert says in err
    assert err.splitlines()[-1].startswith("samenoise: ")
    assert "Traceback" not in err


def test_prepare_makes_an_archive(samenoise, tmp_path):
    pixels = random_pixels(3, 8, 8, 3)
    pictures = {f"{k}.png": encode(p) for k, p in enumerate(pixels)}
    write(tmp_path / "pictures", {**pictures, "bad.png": b"no picture", "drafts/x.png": encode(random_pixels(8, 8, 3))})
    code, out, err = samenoise("prepare", "pictures", "clean.zip", "--size", "8", "--drop", "drafts/*", "--json")
    assert code == 0, err
    printed = json.loads(out)
    assert printed["path"] == "clean.zip"
    assert (printed["counts"]["kept"], printed["counts"]["bad"], printed["counts"]["pattern"]) == (3, 1, 1)
    assert len(read(tmp_path / "clean.zip").images) == 3
    _, text, _ = samenoise("prepare", "pictures", "again.zip", "--size", "8", "--drop", "drafts/*")
    assert text.startswith("again.zip: kept 3 pictures, dropped 2")
    assert (tmp_path / "clean.zip").read_bytes() == (tmp_path / "again.zip").read_bytes()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("pictures", "out.zip", "--size", "8", "--drop", "stars/*"), "no picture matches the pattern 'stars/*'"),
        (
            ("pictures", "out.zip", "--size", "8", "--channels", "2"),
            "the number of channels of a picture is 1 or 3, got 2",
        ),
        (("nowhere", "out.zip", "--size", "8"), "nowhere"),
        (("pictures", "out.zip", "--size", "1"), "--size"),
    ],
)
def test_prepare_refuses_in_one_sentence(samenoise, tmp_path, args, says):
    write(tmp_path / "pictures", {"a.png": encode(random_pixels(8, 8, 3))})
    code, out, err = samenoise("prepare", *args)
    assert (code, out) == (2, "")
    assert says in err
    assert not (tmp_path / "out.zip").exists()
