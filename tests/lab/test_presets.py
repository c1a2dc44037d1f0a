"""Presets: found by name or path, whatever their data; and one clear sentence for what is none."""

import json
import os

import pytest

from samenoise.cells import data
from samenoise.lab.agenda import Agenda
from samenoise.lab.presets import load
from samenoise.lab.rooms import preset_files, presets
from samenoise.runs.cell import ConfigError, in_order


def test_presets_by_path(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine\nexperiments: [regimes]\nsizes: [8, 16]\n")
    assert load(str(file), ["widths=32"]).common.widths == (32,)
    file.write_text("name: mine\nexperiments: [regimes]\nsizes: [8, 16]\nwidth: 3\n")
    with pytest.raises(ConfigError, match="did you mean 'widths'"):
        load(str(file))
    file.write_text("name: mine\nexperiments: [regimes]\nsizes: [8, 16]\ntraining:\n")
    assert load(str(file), ["training.updates=7"]).common.training.updates == 7, "a key with nothing after it"
    file.write_text("name: mine\nexperiments: [regimes]\ntraining: 5\n")
    with pytest.raises(ConfigError, match="the preset has 5 for 'training'"):
        load(str(file), ["training.updates=7"])
    file.write_text("- a list")
    with pytest.raises(ConfigError, match="mapping"):
        load(str(file))
    file.write_text("a: [")
    with pytest.raises(ConfigError, match="not YAML"):
        load(str(file))
    with pytest.raises(ConfigError, match="cannot read"):
        load(str(tmp_path / "none.yaml"))
    with pytest.raises(ConfigError, match=r"there is no preset 'digit'; there are .*, digits, "):
        load("digit")
    file.write_text("name: mine\nsizes: [8, 16]\n")
    with pytest.raises(ConfigError, match=r"list of distinct names of conditional, .*matrix, regimes"):
        load(str(file))


BASE = b"name: mine\nexperiments: [regimes]\nsizes: [8, 16]\n"
LAUGHS = b"models: &a0 {x: {}}\n" + b"".join(b"b%d: &a%d {x: *a%d, y: *a%d}\n" % (k, k + 1, k, k) for k in range(60))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"name: \xe4\n", "is not UTF-8"),
        (BASE + b"training: " + b"[" * 3000 + b"]" * 3000, "nested more than"),
        (BASE + b"seed: " + b"9" * 6000, "an integer of 6000 digits"),
        (BASE + LAUGHS, "more than 20,000 values"),
        (BASE + b"sizes: [4]\n", "has the key 'sizes' twice"),
        (BASE + b"seed: 1:30\n", "seed: input should be a valid integer"),
        (BASE + b"widths: " + b"[x]" + b" " * 300_000, "longer than"),
        (BASE + b"widths: [" + b"x, " * 9_000 + b"x]", "widths.0: input should be a valid integer"),
        (BASE + b"models: [1]\n", "models"),
        (BASE + b"models: {a: {training: {1: 2}}}\n", "models"),
        (BASE + b"? 1\n: 2\n", "1: keys should be strings"),
        (BASE + b"seed: '\x41\\e[2J" + b"x" * 200_000 + b"'\n", "seed"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_hostile_preset_gets_one_short_sentence(tmp_path, content, says):
    file = tmp_path / "mine.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as error:
        load(str(file))
    message = str(error.value)
    assert says in message
    assert message.isprintable()
    assert len(message) < 1100


def test_an_octal_of_yaml_1_1_is_a_decimal(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_bytes(BASE + b"seed: 010\n")
    assert load(str(file)).common.seed == 10
    assert load(str(file), ["seed=020"]).common.seed == 20


def test_what_is_no_file_is_no_preset(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "huge.yaml").touch()
    os.truncate(tmp_path / "huge.yaml", 2**40)
    for name, says in (("pipe", "a named pipe"), ("folder", "a folder"), ("loop", "loop"), ("huge", "longer than")):
        with pytest.raises(ConfigError, match=says):
            load(str(tmp_path / f"{name}.yaml"))
    with pytest.raises(ConfigError, match="cannot read"):
        load("a\0b.yaml")
    (tmp_path / "good.yaml").write_bytes(BASE)
    (tmp_path / "link.yaml").symlink_to("good.yaml")
    assert load(str(tmp_path / "link.yaml")).name == "mine", "the user may name a link"


@pytest.mark.parametrize(
    "name",
    [
        "../up",
        "/tmp/x",
        "..",
        ".",
        ".hidden",
        "",
        "a/b",
        "a\\b",
        "a\nb",
        "a\0b",
        "-rf",
        "a ",
        "x" * 101,
        "\x1b[2J",
        " a",
    ],
)
def test_a_name_is_a_name(tmp_path, name):
    file = tmp_path / "mine.yaml"
    file.write_text(json.dumps({"name": name, "experiments": ["regimes"], "sizes": [8]}))
    with pytest.raises(ConfigError, match="name: a name is up to 100 letters"):
        load(str(file))
    with pytest.raises(ConfigError, match=r"name: (a name is|input)"):
        load("digits", [f"name={json.dumps(name)}"])


@pytest.mark.parametrize("name", ["digits", "a", "Seed 1, lr=2e-3 (@home)", "naïve-2", "数字", "x" * 100, "v0.1"])
def test_most_names_are_names(tmp_path, name):
    file = tmp_path / "mine.yaml"
    file.write_text(json.dumps({"name": name, "experiments": ["regimes"], "sizes": [8]}))
    assert load(str(file)).name == name


@pytest.mark.parametrize("name", presets())
def test_presets_need_no_data_to_load_and_say_what_they_cost(name):
    config = load(name)
    assert config.name == name
    what, cost = preset_files()[name].read_text().splitlines()[:2]
    assert what == f"# {presets()[name]}"
    assert cost.startswith("# ")
    assert "two CPU cores" in cost.replace("Two", "two")
    assert "GPU" in cost


@pytest.mark.parametrize("name", presets())
def test_presets_lie_in_the_room_of_their_first_experiment(name):
    assert preset_files()[name].parent.parent.name == load(name).experiments[0]


def test_every_preset_plans(monkeypatch):
    monkeypatch.setattr(data, "fingerprint", lambda spec: spec.path)  # whether or not its files are here
    for name in presets():
        agenda = Agenda(load(name))
        assert agenda.scores
        cells = in_order(agenda.cells)
        assert len({cell.hash for cell in cells}) == len(cells)


def test_a_flag_that_is_nought_is_a_flag_and_one_that_was_not_given_is_none(tmp_path):
    (file := tmp_path / "preset.yaml").write_bytes(BASE + b"seed: 3\n")
    assert load(str(file), seed=None).common.seed == 3
    assert load(str(file), seed=0).common.seed == 0
