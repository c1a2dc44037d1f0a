"""What a Gaussian with the mean and covariance of the training set has of an agreement that is counted less strictly
than by the paper's threshold: pictures of one mean and covariance resemble one another, if not to the pixel."""

from __future__ import annotations

from collections.abc import Sequence

from samenoise.lab.run_files import Row
from samenoise.report import rounding as r
from samenoise.report.beside import at
from samenoise.report.wording import low_end, value_of

__all__ = ["less_strictly"]

LEVELS = (("_calibrated", 2, "at the calibrated threshold"), ("_auc", 3, "by AUC, without a threshold"))


def less_strictly(scores: Sequence[Row], pair: Row) -> str:
    """The Gaussian's agreement against that of a pair of networks at the other levels, and where it is not less; empty
    where neither was measured."""
    said = []
    for suffix, digits, how in LEVELS:
        row = at(scores, pair, f"{pair.metric}{suffix}", b=pair.b)
        if row is None or row.value is None or row.gaussian is None:
            continue
        highest = row.gaussian if row.gaussian_ci95 is None else row.gaussian_ci95[1]
        are = "are" if row.gaussian >= value_of(row) else "may be"  # a value below it shows nothing yet
        enough = f" (there, mean and covariance {are} enough)" if highest >= low_end(row) else ""
        said.append(f"{r.at_most(row.gaussian, digits)} against {r.at_least(value_of(row), digits)} {how}{enough}")
    return f" Less strictly, the Gaussian has {' and '.join(said)}." if said else ""
