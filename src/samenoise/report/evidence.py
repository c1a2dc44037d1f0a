"""Witnesses that claims of several experiments need, built from the rows of a run.

What passes for agreement and is not: chance, shared mean and covariance (two Gaussians of disjoint halves agree
perfectly), the noise that both sides start from where some of it is left in the pictures, copies, and pictures that
are none. Each is asked here of rows that say it, at the paper's threshold, at the calibrated one, and without one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from samenoise.lab.experiment import Witness
from samenoise.lab.run_files import Row
from samenoise.report.beside import at
from samenoise.report.claims import NOT_MEASURED, Level, above, below
from samenoise.report.several import is_twin
from samenoise.report.trained import better
from samenoise.report.wording import low_end

__all__ = [
    "OTHER_HELD_OUT",
    "agreement",
    "copies",
    "copies_some",
    "few_copies",
    "learnt",
    "no_twins",
    "ordinary_held_out",
    "other_held_out",
]

OTHER_HELD_OUT = "the images held out to judge by are of another distribution"
"""Whatever was measured beside them."""
OTHER_MODELS = "other models"
OTHER_FEATURE = "another feature or more images"
OTHER_DATA = "data without near-duplicates (samenoise prepare, at the size and in the colours that networks see)"


def agreement(scores: Sequence[Row], pair: Row) -> Iterator[Witness]:
    """That two generators agree more than chance, whatever the threshold, more than a Gaussian with one of them, and
    more than leftover noise would have them.

    Of the Gaussian only the paper's threshold is asked, and whether pictures are nearer to one another than to its: a
    threshold that 1 % of mismatched pairs pass lies so low that second-order statistics pass it, too.
    """
    levels = {
        "": "at the threshold",
        "_calibrated": "at the calibrated threshold",
        "_auc": "without a threshold (AUC)",
    }
    for suffix, how in levels.items():
        row = at(scores, pair, f"{pair.metric}{suffix}", b=pair.b) if suffix else pair
        yield above(f"agreement above chance {how}", row, _floor(row), OTHER_MODELS)
    gaussian = None if pair.gaussian is None else Level(pair.gaussian, pair.gaussian_ci95)
    to_learn = better(scores, pair, (pair.a, pair.b))
    yield above("agreement above that with a Gaussian", pair, gaussian, to_learn)
    beyond = at(scores, pair, f"{pair.metric}_beyond", b=pair.b)
    yield above("pictures nearer to one another's than to the Gaussian's, as a rule", beyond, Level(0.5), to_learn)
    clean = at(scores, pair, f"{pair.metric}_clean", b=pair.b)
    yield above("agreement without the noise left in the pictures", clean, _floor(clean), f"a finer grid or {to_learn}")


def _floor(row: Row | None) -> Level | None:
    return None if row is None or row.floor is None else Level(row.floor, row.floor_ci95)


def learnt(scores: Sequence[Row], like: Row, names: Sequence[str]) -> Iterator[Witness]:
    """That models draw pictures clearly nearer to real images than the Gaussian of their training set does."""
    for name in dict.fromkeys(names):
        row, to_learn = at(scores, like, "mmd_gap", a=name), better(scores, like, (name,))
        yield below(f"pictures of {name} nearer to real images than its Gaussian's", row, Level(0.0), to_learn)


def ordinary_held_out(scores: Sequence[Row], like: Row) -> Iterator[Witness]:
    """That held-out images are of the distribution that is trained on: nearer to it than its Gaussian is."""
    known = at(scores, like, "mmd")
    real = None if known is None else replace(known, value=known.floor, ci95=known.floor_ci95)
    level = None if known is None or known.gaussian is None else Level(known.gaussian, known.gaussian_ci95)
    yield below("held-out images like those trained on", real, level, "held-out images of the same source")


def other_held_out(scores: Iterable[Row], experiment: str) -> bool:
    """Whether held-out images are seen to be of another distribution than those that are trained on: what they say of
    copies and of the training then says nothing."""
    known = [s for s in scores if (s.experiment, s.metric) == (experiment, "mmd")]
    differ = [s for s in known if s.floor_ci95 is not None and s.floor_ci95[0] > 0]
    return any(w.holds is False for s in differ for w in ordinary_held_out([s], s))


def few_copies(scores: Sequence[Row], pair: Row, names: Sequence[str]) -> Iterator[Witness]:
    """That what models agree on cannot be copies: the share of copies, beyond that of real images, is below that of
    noises at which they agree."""
    for name in dict.fromkeys(names):
        row = at(scores, pair, "memorized_excess", a=name)
        level = Level(low_end(pair)) if pair.value is not None else None
        needs = f"fewer copies by {name}, beyond what real images pass for, than agreement"
        yield below(needs, row, level, OTHER_FEATURE)


def no_twins(scores: Sequence[Row], pair: Row, names: Sequence[str]) -> Iterator[Witness]:
    """That data are not there twice: training sets that share no image share pictures all the same, where more than 1 %
    of held-out images have a twin among those trained on."""
    needs = "data without twins, which would be in both training sets"
    rows = [at(scores, pair, "memorized_calibrated", a=name) for name in dict.fromkeys(names)]
    known = [row for row in rows if row is not None and row.threshold is not None]
    if not known:
        yield Witness(needs, NOT_MEASURED, None, "measuring it")
        return
    twice = any(map(is_twin, known))
    seen = f"{'more' if twice else 'fewer'} than 1 % of held-out images have one in the training set"
    yield Witness(needs, seen, not twice, OTHER_DATA)


def copies_some(scores: Sequence[Row], like: Row, name: str) -> bool:
    """Whether a model is seen to draw copies, beyond what real images pass for, however few."""
    row = at(scores, like, "memorized_excess", a=name)
    return row is not None and row.value is not None and low_end(row) > 0


def copies(scores: Sequence[Row], like: Row, names: Sequence[str], share: float) -> Iterator[Witness]:
    """That more than ``share`` of what models draw are copies, beyond what real images pass for."""
    for name in dict.fromkeys(names):
        row = at(scores, like, "memorized_excess", a=name)
        needs = f"more than {100 * share:g} % copies by {name}, beyond what real images pass for"
        yield above(needs, row, Level(share), "fewer images")
