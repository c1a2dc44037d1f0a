"""Experiments are found in their folders and by entry points, and one that cannot be used is named."""

import json
import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest
import yaml
from tiny import TINY, computed, find, tiny

from samenoise.lab import rooms
from samenoise.lab.agenda import Agenda
from samenoise.lab.config import Config
from samenoise.lab.experiment import Experiment
from samenoise.lab.presets import load
from samenoise.runs.cell import ConfigError

RAINBOW = """
from samenoise.lab.experiment import Experiment
from samenoise.runs.cell import Spec


class Settings(Spec):
    colours: int = 7


class Rainbow(Experiment):
    name = "rainbow"
    heading = "Rainbows"
    Settings = Settings

    def check(self, common, settings):
        if settings.colours > 7:
            raise ValueError("rainbow.colours: there are seven")

    def measurements(self, study, settings):
        from rainbow_package.measure import Arc

        return [Arc(common=study.common, colours=settings.colours)]


experiment = Rainbow()
"""
MEASURE = """
from samenoise.lab.measurement import Measurement


class Arc(Measurement):
    experiment = "rainbow"
    colours: int

    @property
    def title(self):
        return "arc"

    def asks(self):
        study = self.study
        return [*study.twice(study.optimum(4)), study.ask(study.gaussian(4))]

    def measure(self, scene, progress):
        ledger, gaussian = self.ledger(4), scene.gaussian(4)
        optimum = scene.twice("optimum", self.study.optimum(4))
        ledger.tags = {"colours": self.colours}
        ledger.pair("rp", optimum[0], gaussian, ceilings=[optimum], gaussians=[])
        return ledger
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Entry points of other packages, as if installed: name -> value; files of those packages by their paths."""
    points: list[EntryPoint] = []

    def clear() -> None:
        rooms.names.cache_clear()
        rooms.room.cache_clear()

    def put(found: dict[str, str], files: dict[str, str] | None = None) -> None:
        points.extend(EntryPoint(name, value, rooms.GROUP) for name, value in found.items())
        for path, text in (files or {}).items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        clear()

    monkeypatch.setattr(rooms, "entry_points", lambda group: [p for p in points if p.group == group])
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield put
    monkeypatch.undo()
    clear()
    for name in set(sys.modules) - before:
        if name.partition(".")[0].endswith("_package"):
            del sys.modules[name]


def test_our_own_are_the_folders():
    assert {"dynamics", "matrix", "regimes", "solvers", "splits", "teacher"} <= set(rooms.names())
    assert list(rooms.names()) == sorted(rooms.names())
    assert all(isinstance(rooms.room(name), Experiment) for name in rooms.names())
    assert [each.name for each in rooms.every()] == list(rooms.names())


def test_an_experiment_of_another_package_is_like_our_own(install, tmp_path):
    preset = {**TINY, "name": "arcs", "experiments": ["rainbow", "splits"], "rainbow": {"colours": 5}}
    files = {"__init__.py": RAINBOW, "measure.py": MEASURE, "presets/arcs.yaml": "# Arcs.\n" + yaml.safe_dump(preset)}
    install(
        {"rainbow": "rainbow_package:experiment"},
        {f"rainbow_package/{name}": text for name, text in files.items()},
    )
    assert rooms.presets()["arcs"] == "Arcs."
    config = load("arcs", ["rainbow.colours=6", "sizes=4,8", "training.updates=2"])
    assert [each.experiment for each in Agenda(config).measurements] == ["rainbow", "splits", "splits"]
    assert config.dump()["rainbow"] == {"colours": 6}
    with pytest.raises(ConfigError, match=r"^rainbow\.colours: there are seven$"):
        load("arcs", ["rainbow.colours=8"])
    with pytest.raises(ConfigError, match="did you mean 'colours'"):
        load("arcs", ["rainbow.colour=3"])
    store, rows = computed(config, tmp_path / "run")
    assert find(rows, experiment="rainbow", metric="rp")["colours"] == 6
    assert json.loads((store.root / "manifest.json").read_text())["cells"].keys() >= {"arc"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("import no_such_module_anywhere", "cannot be loaded: ModuleNotFoundError: No module named 'no_such_module"),
        ("raise OSError('out of cheese')", "cannot be loaded: OSError: out of cheese"),
        ("x = 1", "cannot be loaded: AttributeError: module 'broken_package' has no attribute 'experiment'"),
        ("experiment = 3", "is no samenoise Experiment but int"),
        (f"{RAINBOW}\nexperiment = Rainbow", "is no samenoise Experiment but ABCMeta"),
        (RAINBOW, "calls itself 'rainbow': the two must be the same"),
    ],
)
def test_what_cannot_be_used_is_named(content, says, install):
    install({"broken": "broken_package:experiment"}, {"broken_package/__init__.py": content})
    with pytest.raises(ConfigError) as error:
        tiny(experiments=["broken"])
    assert str(error.value).startswith("the experiment 'broken' (broken_package:experiment) ")
    assert says in str(error.value)
    assert tiny().experiments == ("regimes", "splits"), "who does not ask for it is not bothered"
    with pytest.raises(ConfigError, match="did you mean 'widths'"):
        tiny(width=3)


def test_a_package_that_has_gone_is_named(install):
    install({"broken": "gone_package:experiment"})
    with pytest.raises(ConfigError, match=r"the experiment 'broken' \(gone_package:experiment\) cannot be loaded"):
        rooms.room("broken")
    assert "digits" in rooms.presets()


def test_two_experiments_of_one_name_are_named(install):
    install({"regimes": "rainbow_package:experiment"})
    says = r"two experiments are called 'regimes': samenoise\.experiments\.regimes:experiment and rainbow_package:"
    with pytest.raises(ConfigError, match=says):
        rooms.names()


def test_two_packages_of_one_name_are_named(install):
    install({"rainbow": "rainbow_package:experiment"})
    install({"rainbow": "arc_package:experiment"})
    with pytest.raises(ConfigError, match=r"two experiments are called 'rainbow': arc_package:.* and rainbow_package:"):
        rooms.names()


def test_an_experiment_that_is_found_twice_in_one_place_is_one(install):
    """Such as our own, where somebody lists it as an entry point too."""
    install({"regimes": "samenoise.experiments.regimes:experiment"})
    assert list(rooms.names()).count("regimes") == 1


@pytest.mark.parametrize("key", ["training", "seed", "shown", "name"])
def test_an_experiment_called_like_a_key_is_refused(key, install):
    install({key: "key_package:experiment"}, {"key_package/__init__.py": RAINBOW.replace('"rainbow"', f'"{key}"')})
    with pytest.raises(ConfigError, match=f"an experiment cannot be called '{key}': that is a key of every preset"):
        tiny(experiments=[key])


def test_two_presets_of_one_name_are_named(install):
    files = {"rainbow_package/__init__.py": RAINBOW, "rainbow_package/presets/digits.yaml": "# Another.\n"}
    install({"rainbow": "rainbow_package:experiment"}, files)
    with pytest.raises(ConfigError) as error:
        rooms.preset_files()
    assert str(error.value).startswith("two presets are called 'digits': ")
    assert "regimes/presets/digits.yaml" in str(error.value)
    assert "rainbow_package/presets/digits.yaml" in str(error.value)


def test_an_unknown_experiment_is_said_with_those_there_are():
    with pytest.raises(ConfigError, match=r"there is no experiment 'rainbow'; there are conditional, .*matrix"):
        Config.of({**TINY, "experiments": ["rainbow"]})


def imported(code: str, *args: str) -> list[str]:
    """Modules of this package's rooms, and torch, that a new process has imported after some code."""
    code = (
        f"import sys\n{code}\n"
        "rooms = [m for m in sys.modules if m.startswith('samenoise.experiments.') or m == 'torch']\n"
        "print(*sorted(rooms), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=True)
    return done.stderr.split()


def test_names_and_presets_are_found_without_importing_a_room_or_torch():
    code = (
        "from samenoise.lab.rooms import names, preset_files, presets\nassert names() and preset_files() and presets()"
    )
    assert imported(code) == []


def test_ls_imports_no_room(tmp_path):
    code = "from samenoise.cli import app\napp(['ls', sys.argv[1]], standalone_mode=False)"
    assert imported(code, str(tmp_path)) == []


def test_a_run_imports_the_rooms_it_asks_for():
    code = "from samenoise.lab.presets import load\nload('digits-teacher')"
    assert {name.split(".")[2] for name in imported(code) if name != "torch"} == {"teacher"}
