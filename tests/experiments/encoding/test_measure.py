"""Rows of a tiny run, computed once more by numpy from the stored images, and those from noises by a plain call."""

from __future__ import annotations

import json

import jsonschema
import numpy as np
import pytest
from safetensors.numpy import load_file
from tiny import pixels, real, shuffled
from tiny_room import Tiny

from samenoise.experiments.encoding import experiment
from samenoise.experiments.encoding.measure import Maps
from samenoise.generators.plane import OnPlanes, UnplannedOnPlanes
from samenoise.lab.run_files import CORE, OPTIONAL, read_run
from samenoise.lab.schema import scores_schema
from samenoise.networks.checkpoint import from_pretrained
from samenoise.noise import NoiseBank
from samenoise.plane import PlaneBank
from samenoise.process import EDM
from samenoise.solver import generate
from tests.experiments.encoding.tiny_run import TINY, config

PLANES, SIDE, THRESHOLD = 4, 7, 0.9
SIZES, WIDTHS = TINY["sizes"], TINY["widths"]
BANK = PlaneBank(2, (1, 8, 8), cells=4, beyond=1)
ANCHORS = [8, 12, 36]
OTHERS = [k for k in range(SIDE**2) if k not in ANCHORS]


def measurement(tiny: Tiny, n: int) -> Maps:
    return next(m for m in tiny.agenda.measurements if isinstance(m, Maps) and m.n == n)


def drawn(tiny: Tiny, n: int, name: str | int, again: bool = False) -> np.ndarray:
    study, closed = tiny.agenda.study, {"optimum": tiny.agenda.study.optimum, "gaussian": tiny.agenda.study.gaussian}
    wanted = closed[name](n) if isinstance(name, str) else study.model(name, n)
    return pixels(tiny.store, tiny.agenda.plan.samples(measurement(tiny, n).ask(wanted, again)))


def similarity(tiny: Tiny, n: int, name: str | int) -> np.ndarray:
    """(planes, places, 3)."""
    if name == "noise":
        images = BANK[: PLANES * SIDE**2].flatten(1).numpy()
    else:
        images = drawn(tiny, n, name) - real(tiny.agenda, tiny.store)[shuffled(1797, 3)[:12]].mean(0)
    unit = images / np.linalg.norm(images, axis=1, keepdims=True)
    unit = unit.reshape(PLANES, SIDE**2, -1)
    return np.stack([plane @ plane[ANCHORS].T for plane in unit])


def whole(s: np.ndarray) -> np.ndarray:
    """Planes whose anchors have three pictures."""
    return np.array([max(plane[8, 1], plane[8, 2], plane[12, 2]) <= THRESHOLD for plane in s])


def test_places_are_drawn_from_the_noises_of_the_planes(tiny: Tiny) -> None:
    place = tiny.agenda.plan.place(tiny.agenda.study.model(48, 12).member)
    denoiser = from_pretrained(place.train.place(tiny.store, place.member))
    (batch,) = generate(denoiser, BANK, range(PLANES * SIDE**2), steps=8, batch_size=1000)
    np.testing.assert_allclose(batch.images.flatten(1).numpy(), drawn(tiny, 12, 48), rtol=0, atol=1e-3)
    cell = tiny.agenda.plan.samples(measurement(tiny, 12).ask(tiny.agenda.study.model(48, 12)))
    assert cell.load(tiny.store).bank == BANK.hash != NoiseBank(2, (1, 8, 8)).hash
    usual = pixels(tiny.store, tiny.agenda.plan.samples(tiny.agenda.study.ask(tiny.agenda.study.model(48, 12))))
    anchors = [p * SIDE**2 + k for p in range(PLANES) for k in ANCHORS]
    np.testing.assert_allclose(drawn(tiny, 12, 48)[anchors], usual[:12], rtol=0, atol=1e-3)
    assert EDM().name == tiny.agenda.config.common.process.name


PAIRS = [("mlp-24", "mlp-48", 24, 48)] + [(f"mlp-{w}", name, w, name) for w in WIDTHS for name in ("optimum", "noise")]


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize(("a", "b", "left", "right"), PAIRS)
def test_maps_beside_one_another(tiny: Tiny, n: int, a: str, b: str, left: int, right: str | int) -> None:
    one, other, normal = (similarity(tiny, n, name) for name in (left, right, "gaussian"))
    used = whole(one) & whole(other)

    def agree(x: np.ndarray, y: np.ndarray) -> float:
        return float((x.argmax(1) == y.argmax(1))[OTHERS].mean())

    def correlation(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.corrcoef(x[OTHERS].ravel(), y[OTHERS].ravel())[0, 1])

    compared = [one, other] if b.startswith("mlp") else [other]
    near = 0.05 if b == "noise" else 1e-5  # half way between two anchors the noise itself is as much like either
    for metric, value, kept in (
        ("map_agreement", agree, used),
        ("map_correlation", correlation, np.ones(PLANES, dtype=bool)),
    ):
        row = tiny.find(metric=metric, a=a, b=b, n_train=n)
        own = [value(one[p], other[p]) for p in range(PLANES) if kept[p]]
        if len(own) < 2:
            assert row["value"] is None
            assert row["n"] == 0
        else:
            assert row["value"] == pytest.approx(np.mean(own), abs=near)
            assert row["n"] == len(own)
        left_out = PLANES - len(own)
        assert row.get("note", "") == (
            f"{left_out} of 4 planes left out: two anchors have one picture" if left_out else ""
        )
        every = metric == "map_correlation"
        mixed = [
            value(one[p], other[q])
            for p in range(PLANES)
            for q in range(PLANES)
            if p != q and (every or (whole(one)[p] and whole(other)[q]))
        ]
        floor = row["baseline"]["floor"]
        assert floor is None if not mixed else floor == pytest.approx(np.mean(mixed), abs=near)
        beside = []
        for x in compared:
            both = [p for p in range(PLANES) if every or (whole(x)[p] and whole(normal)[p])]
            beside += [np.mean([value(x[p], normal[p]) for p in both])] if both else []
        gaussian = row["baseline"]["gaussian"]
        assert gaussian is None if not beside else gaussian == pytest.approx(max(beside), abs=near)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("width", WIDTHS)
def test_one_map(tiny: Tiny, n: int, width: int) -> None:
    s = similarity(tiny, n, width)
    used, sheets = whole(s), s.argmax(2).reshape(PLANES, SIDE, SIDE)
    row = tiny.find(metric="map_smoothness", width=width, n_train=n)
    same = []
    for sheet in sheets[used]:
        pairs = [sheet[r, c] == sheet[r, c + 1] for r in range(SIDE) for c in range(SIDE - 1)]
        pairs += [sheet[r, c] == sheet[r + 1, c] for r in range(SIDE - 1) for c in range(SIDE)]
        same.append(np.mean(pairs))
    if len(same) < 2:
        assert row["value"] is None
    else:
        assert row["value"] == pytest.approx(np.mean(same))
        any_two = [np.mean(sheet.ravel()[:, None] == sheet.ravel()) for sheet in sheets[used]]
        assert row["baseline"]["floor"] == pytest.approx(np.mean(any_two))
    row = tiny.find(metric="anchor_share", width=width, n_train=n)
    assert row["value"] == pytest.approx((s[:, OTHERS].max(2) > THRESHOLD).mean())
    assert row["threshold"] == THRESHOLD


def test_numbers_differ_and_some_planes_are_left_out(tiny: Tiny) -> None:
    """What the tests above compare can be told apart."""
    rows = [r for r in tiny.rows if r["metric"].startswith("map_") and r["value"] is not None]
    assert len({round(r["value"], 6) for r in rows}) > 0.6 * len(rows)
    assert any("note" in r for r in rows)
    ceilings = [r["baseline"]["ceiling"] for r in tiny.rows if r["metric"] == "map_agreement"]
    assert all(0.9 < each <= 1 for each in ceilings)


def test_rows_follow_the_schema_and_the_tags(tiny: Tiny) -> None:
    jsonschema.validate({"schema_version": 1, "scores": tiny.rows}, scores_schema([experiment]))
    assert set(experiment.metrics) <= {r["metric"] for r in tiny.rows}
    assert {key for r in tiny.rows for key in r} - {*CORE, *OPTIONAL} == set(experiment.tags)
    assert {r["path"] for r in tiny.rows if r["metric"].startswith("map_")} == {"spherical"}
    assert {r["metric"] for r in tiny.rows} >= {"rp", "memorized", "nn_distance"}, "which regime it is"


def test_maps_of_the_run_are_those_of_the_first_plane(tiny: Tiny) -> None:
    about = json.loads((tiny.store.root / "maps.json").read_text())
    tensors = load_file(tiny.store.root / "maps.safetensors")
    assert [sheet["label"] for sheet in about["sheets"]] == ["N = 3", "N = 12"]
    assert (about["columns"], about["marked"]) == (SIDE, ANCHORS)
    names = [24, 48, "optimum", "gaussian"]
    assert [row["kind"] for row in about["rows"]] == ["model", "model", "optimum", "gaussian"]
    assert tensors["images"].shape == (2, 4, SIDE**2, 1, 8, 8)
    for p, n in enumerate(SIZES):
        for r, name in enumerate(names):
            s = similarity(tiny, n, name)[0]
            np.testing.assert_allclose(tensors["similarity"][p, r], s.max(1), rtol=0, atol=1e-5)
            clear = np.sort(s, 1)[:, -1] - np.sort(s, 1)[:, -2] > 1e-4
            assert (tensors["nearest"][p, r] == s.argmax(1))[clear].all()
            levels = np.round((drawn(tiny, n, name)[: SIDE**2].clip(-1, 1) + 1) * 127.5)
            assert np.abs(tensors["images"][p, r].reshape(SIDE**2, 64).astype(int) - levels).max() <= 1


def test_report_and_summary_are_made(tiny: Tiny) -> None:
    run = read_run(tiny.store.root)
    page = (tiny.store.root / "report" / "index.html").read_text()
    assert 'id="maps"' in page
    assert {"maps.png", "maps.pdf", "map-agreement.png"} <= {
        p.name for p in (tiny.store.root / "report/figures").iterdir()
    }
    for drawing in experiment.drawings(run.scores):
        assert drawing.alt in page.replace("&#39;", "'")
        assert drawing.draw(narrow=True).get_size_inches()[0] < 4
    (table,) = experiment.tables(run.scores, 80)
    assert table.row_count == len(SIZES)


def test_networks_are_planned_and_closed_forms_are_not() -> None:
    from samenoise.lab.agenda import Agenda

    agenda = Agenda(config(path="linear"))
    maps = next(m for m in agenda.measurements if isinstance(m, Maps))
    network, closed = (maps.ask(wanted).wanted for wanted in (agenda.study.model(24, 3), agenda.study.gaussian(3)))
    assert (type(network), type(closed)) == (UnplannedOnPlanes, OnPlanes)
    planned = agenda.plan.generator(network)
    assert isinstance(planned, OnPlanes)
    assert planned.inner == agenda.plan.generator(agenda.study.model(24, 3))
    assert planned.plane.path == "linear"
    assert (planned.device("cuda"), closed.device("cuda")) == ("cuda", "cpu")
    before = Agenda(config()).plan
    assert before.samples(maps.ask(agenda.study.model(24, 3))).hash in {
        agenda.plan.samples(ask).hash for ask in agenda.asks
    }, "the plane is part of what is asked for"
