"""Presets: found by name or path, whatever their data; and one clear sentence for what is none."""

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
    with pytest.raises(ConfigError, match=r"list of distinct names of dynamics, .*matrix, regimes"):
        load(str(file))


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
