"""The ledger: every score of an experiment with its interval, floor, ceiling and Gaussian baseline, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from samenoise.lab.copy_rows import CopyRows
from samenoise.lab.likeness_rows import LikenessRows
from samenoise.lab.pair_rows import PairRows

__all__ = ["Ledger"]


@dataclass
class Ledger(PairRows, CopyRows, LikenessRows):
    """A book whose entries are scores with all their baselines."""
