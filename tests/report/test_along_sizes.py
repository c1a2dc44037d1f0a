"""Sentences that experiments over training sizes share; ``regimes`` says them here."""

from __future__ import annotations

from readings import said
from rows import row, wilson
from witnesses import witnesses


def test_no_copy_is_claimed_only_where_every_larger_size_has_none() -> None:
    rows = [row("regimes", "memorized", m, "mlp-64", "train", n, width=64) for n, m in ((8, 0.9), (16, 0), (32, 0.01))]
    assert "none" not in said(rows)
    assert "at N = 32, the largest size, 1 % still are" in said(rows)
    rows[-1]["value"] = 0.0
    assert "from N = 16 on, none of 512 is a copy" in said(rows)


def test_a_network_that_never_copied_and_one_that_never_stopped() -> None:
    none = [row("regimes", "memorized", 0.2, "mlp-64", "train", 8, width=64, floor=0.0)]
    assert "Even with 8 training images, only 20 %" in said(none)
    assert "20 % still are, against 0 % of held-out real images" in said(none)
    always = [row("regimes", "memorized", v, "mlp-64", "train", n, width=64) for n, v in ((8, 0.99), (16, 0.9))]
    always.append(row("regimes", "n50", None, "mlp-64", "train", None, width=64, note="N50 lies above 16"))
    assert "the sweep does not cross one half (N50 lies above 16); at N = 16, the largest size, 91 % still" in said(
        always
    )
    never = [row("regimes", "memorized", 0, "mlp-64", "train", n, width=64) for n in (8, 16)]
    assert said(never) == "The width-64 network copies nothing at any size measured, from N = 8 to 16."


def agreement(values: list[float], n: int = 512) -> str:
    sizes = [2**k for k in range(3, 3 + len(values))]
    made = [row("regimes", "rp", v, "a", "b", s, ci95=wilson(v, n)) for s, v in zip(sizes, values, strict=True)]
    return said(made)


def test_a_dip_is_claimed_only_beyond_the_intervals() -> None:
    assert "they agree least between the ends" in agreement([0.8, 0.3, 0.6])
    assert "the dip is not established" in agreement([0.8, 0.3, 0.6], n=10)
    assert "the dip is not established" in agreement([0.8, 0.30, 0.31])
    assert "rises to 0.80 at N = 32: no dip" in agreement([0.1, 0.3, 0.8])
    assert "falls to 0.09 at N = 32: no dip" in agreement([0.8, 0.3, 0.1])


def test_a_dip_is_told_beside_what_looser_measures_say() -> None:
    """Pictures may fall below the threshold and still be more alike than where networks copy."""

    def rows(metric: str, *values: float) -> list[dict[str, object]]:
        sizes = zip((8, 16, 32), values, strict=True)
        return [row("regimes", metric, v, "a", "b", n, ci95=wilson(v, 512)) for n, v in sizes]

    made = rows("rp", 0.8, 0.3, 0.6)
    assert "At these sizes" not in said(made)
    made += rows("rp_calibrated", 0.6, 0.2, 0.9)
    assert "At these sizes RP at the calibrated threshold is 0.59, 0.19 and 0.90, a dip as well." in said(made)
    made += rows("rp_auc", 0.9, 0.95, 0.999)
    assert said(made).endswith(
        "a dip as well; the AUC, without any, is 0.90, 0.94 and 0.99, no dip beyond the intervals."
    )


def test_copying_at_the_one_end_is_claimed_only_where_both_copy() -> None:
    def said_at(other: float) -> str:
        rows = [row("regimes", "rp", v, "a", "b", n, floor=0, gaussian=0) for n, v in ((8, 0.8), (16, 0.3), (32, 0.6))]
        copies = witnesses(rows[0], 0.9)
        [_, of_other] = [r for r in copies if r["metric"] == "memorized_excess"]
        of_other |= {"value": other, "ci95": [other - 0.05, other + 0.05]}
        return said([*rows, *copies, *witnesses(rows[-1])])

    assert "both copy at the one end and agree on new pictures at the other" in said_at(0.6)
    for other, verdict in ((0.52, "is left open (0.52, "), (0.4, "is not so (0.4, ")):
        assert "both copy at the one end" not in said_at(other)
        needs = "more than 50 % copies by b, beyond what real images pass for"
        assert f"is not shown: it needs {needs}, which {verdict}" in said_at(other)


def test_nothing_is_concluded_from_what_are_no_pictures() -> None:
    """Networks that return something like their noise agree above every floor."""

    def said_at(gap: float) -> str:
        pairs = [row("splits", "rp_split", 0.9, "m/a", "m/b", 100, floor=0.0, gaussian=0.0, gaussian_split=0.97)]
        pairs.append(row("regimes", "rp", 0.9, "a", "b", 100, floor=0.0, gaussian=0.0))
        changed = {"value": gap, "ci95": [gap - 0.01, gap + 0.01]}
        return said([*pairs, *(r for pair in pairs for r in witnesses(pair, gap=changed))])

    concluded = "that is generalization", "statistics do not explain the agreement at the threshold"
    assert all(words in said_at(-0.02) for words in concluded)
    for gap in (-0.005, 0.02):
        assert not any(words in said_at(gap) for words in concluded)
        assert said_at(gap).count("nearer to real images than its Gaussian's, which is") == 2
