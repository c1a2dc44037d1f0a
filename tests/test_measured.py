"""Tables of the pages hold the scores of their runs, each in its place."""

from __future__ import annotations

from typing import Any

import pytest

from docs import measured, measured_inverse
from samenoise.lab.presets import load


def cells(table: str) -> tuple[list[str], dict[str, list[str]]]:
    """The head of a table, and its lines by their first cell."""
    head, _, *lines = ([cell.strip(" `") for cell in line.strip("|").split("|")] for line in table.splitlines())
    return head[1:], {first: rest for first, *rest in lines}


def score(preset: str, **wanted: Any) -> Any:
    found = [r for r in measured.content(preset)["scores"] if all(r.get(k) == v for k, v in wanted.items())]
    assert len(found) == 1, wanted
    return found[0]


@pytest.mark.parametrize(
    ("process", "predicts", "model"),
    [("vp", "v", "mlp-vp-v"), ("ve", "eps", "mlp-ve-eps"), ("edm", "x0", "mlp-edm-x0")],
)
def test_process_and_parameterisation_are_crossed_by_the_names_of_models(process, predicts, model):
    head, lines = cells(measured.crossed("digits-matrix"))
    value = score("digits-matrix", metric="rp", a="mlp-edm", b=model)["value"]
    assert 0 <= value - float(lines[process][head.index(predicts)]) < 1e-3
    assert lines["edm"][head.index("edm")] == "itself"
    assert lines["flow"][head.index("eps")] == measured.NONE


def test_models_have_their_own_scores_and_the_mean_of_their_pairs():
    head, lines = cells(measured.models("digits-matrix"))
    of = dict(zip(head, lines["mlp-edm-x0"], strict=True))
    assert float(of["memorized"]) == pytest.approx(
        score("digits-matrix", metric="memorized", a="mlp-edm-x0")["value"], abs=1e-3
    )
    gap = score("digits-matrix", metric="mmd_gap", a="mlp-edm-x0")["value"]
    assert float(of["mmd_gap"]) == pytest.approx(gap, abs=1e-4)
    pairs = [r for r in measured.content("digits-matrix")["scores"] if r["metric"] == "rp"]
    mean = [r["value"] for r in pairs if "mlp-distilled" in (r["a"], r["b"]) and "lineage" not in r]
    assert len(mean) < 29, "without its teacher and the other student"
    assert 0 <= sum(mean) / len(mean) - float(lines["mlp-distilled"][0]) < 1e-3


@pytest.mark.parametrize("preset", ["digits", "digits-replicates", "fashion-small"])
def test_what_is_kept_of_a_run_is_of_the_preset_as_it_is(preset):
    common = load(preset).common
    rows = [r for r in measured.content(preset)["scores"] if r["metric"] in ("rp", "memorized", "rp_split")]
    assert [r["n_train"] for r in rows if r["metric"] == "rp"] == list(common.sizes)
    assert {r["width"] for r in rows if r["metric"] == "memorized"} == set(common.widths)
    assert {r.get("replicates", 1) for r in rows} == {common.replicates}
    assert {r["n"] for r in rows} == {common.sampling.noises}
    assert {round(r["threshold"], 9) for r in rows} == {common.threshold}


def test_times_stand_with_the_look_before():
    head, lines = cells(measured.times("digits-dynamics"))
    for metric in ("generalization_time", "memorization_time"):
        for width in (128, 256):
            for n, cell in zip(head, lines[f"{metric}`, width {width}"], strict=True):
                row = score("digits-dynamics", metric=metric, width=width, n_train=int(n.replace(",", "")))
                if row["value"] is None:
                    assert cell == measured.NONE
                else:
                    assert cell.replace(",", "") == f"{row['value']:.0f} ({row['ci95'][0]:.0f})"


def test_reconstructions_stand_by_task_and_by_how_two_models_are_related():
    head, lines = cells(measured_inverse.kinship("digits-inverse"))
    assert set(lines) == {"none", "box", "random", "pool", "blur"}
    row = next(r for r in measured.content("digits-inverse")["scores"] if r["metric"] == "rp" and r["kin"] == "seed")
    told = float(lines[row["task"]][head.index("rp`, another seed")])
    assert 0 <= score("digits-inverse", metric="rp", task=row["task"], kin="seed")["value"] - told < 1e-3
    for task, line in lines.items():
        gap = score("digits-inverse", metric="rp_family_gap", task=task)
        assert line[head.index("rp_family_gap")].startswith(f"{gap['value']:.3f} (")
        across = [
            r["value"]
            for r in measured.content("digits-inverse")["scores"]
            if r["metric"] == "rp" and r["task"] == task and r["kin"] == "across"
        ]
        least, most = map(float, line[head.index("rp`, two families")].split(" to "))
        assert 0 <= min(across) - least < 1e-3
        assert 0 <= max(across) - most < 1e-3


def test_images_restored_stand_by_model_and_task():
    head, lines = cells(measured_inverse.restored("digits-inverse"))
    for model in load("digits-inverse").common.models:
        for metric, task in (("psnr", "pool"), ("misfit", "box")):
            value = score("digits-inverse", metric=metric, a=model, task=task)["value"]
            assert 0 <= float(lines[model][head.index(f"{metric}` {task}")]) - value < 1e-2
