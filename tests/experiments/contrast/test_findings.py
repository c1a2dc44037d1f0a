"""What ``contrast`` says follows from its rows: each sentence can come out the other way."""

from __future__ import annotations

import pytest
from readings import drawings, findings, run_of, said

from samenoise.experiments.contrast import experiment
from samenoise.experiments.contrast.figures import agreement, pictures
from samenoise.lab.run_files import Row
from tests.experiments.contrast.made import made

TITLES = [
    "Same noise, same picture?",
    "Diffusion models beside GANs",
    "Diffusion models beside VAEs",
    "Beside chance",
    "Pictures or not",
    "Copies",
]


def test_all_that_is_known_is_said_in_order() -> None:
    assert [finding.title for finding in findings(made())] == TITLES
    text = said(made())
    assert (
        "Two diffusion models draw the same picture from the same noise for 59 % of the noises (0.2 % of mismatched "
        "pairs and 0.4 % with the noises permuted at most); 1 pair." in text
    )
    assert "Two GANs draw the same picture from the same noise for 0.9 % of the noises" in text
    assert "Two models of two sorts draw the same picture from the same noise for 0 % of the noises" in text
    assert "12 pairs." in text
    assert (
        "Pictures of GANs lie 2.30 to 2.40 from the nearest training image, held-out images 2.00, the Gaussian 3.50."
        in text
    )
    assert "As a whole they are nearer to held-out images than the Gaussian's, of every model." in text
    assert "diffusion models 2 %, GANs 2 % and VAEs 2 %; 5 % of held-out images pass for copies." in text


@pytest.mark.parametrize("other", ["gan", "vae"])
def test_sorts_are_set_apart_where_everything_speaks_for_it(other: str) -> None:
    name = {"gan": "GANs", "vae": "VAEs"}[other]
    assert f"Any two diffusion models agree more than any two {name}, at the threshold and without one" in said(made())
    against = [
        {other: 0.62},  # at the threshold
        {other: 0.57},  # the intervals overlap
        {f"auc_{other}": 0.97},
        {"diffusion": 0.002},  # no more than chance
        {"gap": {f"{other}1": 0.01}},  # no pictures
        {"gap": {f"{other}1": -0.001}},  # open
        {"gap": {"m": 0.01}},
    ]
    for changes in against:
        text = said(made(**changes))
        assert (
            f"That agreement from the same noise sets diffusion models apart from {name} is not shown: it needs" in text
        )
        assert f"more than any two {name}, at the threshold and without one: here" not in text


def test_what_is_missing_is_named() -> None:
    text = said(made(gap={"vae": 0.01}))
    assert "Any two diffusion models agree more than any two GANs" in text
    assert "it needs pictures of vae nearer to real images than its Gaussian's, which is not so (0.01" in text
    assert (
        "As a whole not shown to be nearer to held-out images than the Gaussian's are those of vae (0.01): difference "
        "of the squared distances of distributions." in text
    )


def test_chance_is_told_on_both_sides() -> None:
    text = said(made())
    assert (
        "Two GANs: pictures of one noise are more alike than those of two with probability 0.52 to 0.53, above one half"
        " in 1 of 1 pair." in text
    )
    assert "with probability 0.47 to 0.48, above one half in 0 of 1 pair, below it in 1." in text
    assert "with probability 0.50 to 0.50, above one half in 0 of 12 pairs." in text


def test_figures_and_table_hold_the_values() -> None:
    rows = made()
    run = run_of(rows)
    assert [d.key for d in drawings(run) if d.key.startswith("contrast")] == ["contrast", "contrast-pictures"]
    for narrow in (False, True):
        figure = agreement(run.scores, narrow)
        seen = {round(float(x), 3) for line in figure.axes[0].lines for x in line.get_xdata()}
        assert {round(r["value"], 3) for r in rows if r["metric"] in ("rp", "rp_permuted")} <= seen
        figure = pictures(run.scores, narrow)
        seen = {round(float(x), 3) for line in figure.axes[0].lines for x in line.get_xdata()}
        assert {2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.0, 3.5} <= seen
    (table,) = experiment.tables(run.scores, 100)
    cells = [list(column.cells) for column in table.columns]
    assert cells[0] == ["diffusion", "gan", "vae", "across"]
    assert cells[1] == ["1", "1", "1", "12"]
    assert cells[2][0] == "0.60–0.60"
    assert cells[5][1] == "0.50–0.50"


def test_nothing_is_said_of_nothing() -> None:
    assert findings([]) == []
    assert [d for d in drawings(run_of([])) if d.key.startswith("contrast")] == []
    only = [r for r in made() if r["metric"] == "rp" and r["sorts"] == ["gan"]]
    assert [f.title for f in findings(only)] == TITLES[:1]
    assert list(experiment.drawings(tuple(map(Row.of, only)))) == []


@pytest.mark.parametrize(("metric", "level"), [("rp", 0.01), ("rp_auc", 0.5)])
def test_the_pair_that_might_agree_most_decides(metric: str, level: float) -> None:
    """Of the others the one whose interval reaches highest, of diffusion models that which reaches lowest."""
    rows = made()
    for sort, ends in (("gan", [level, 0.995]), ("diffusion", [0.0, 1.2])):
        (one,) = [r for r in rows if r["metric"] == metric and r["sorts"] == [sort]]
        wide = {**one, "b": "another", "ci95": ends, "value": level if sort == "gan" else 0.99}
        assert "sets diffusion models apart from GANs is not shown" in said([*rows, wide])
    assert "sets diffusion models apart from GANs is not shown" not in said(rows)
