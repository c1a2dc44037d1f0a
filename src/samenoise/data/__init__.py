"""Data: image sets, and the nested and disjoint subsets that experiments train on."""

from samenoise.data.sources import ImageSet, digits
from samenoise.data.subsets import held_out, order, subset

__all__ = ["ImageSet", "digits", "held_out", "order", "subset"]
