"""Data: image sets, readers of them, and the nested and disjoint subsets that experiments train on."""

from samenoise.data.reader import ReadResult, Skipped, read
from samenoise.data.sources import ImageSet, digits, of_classes
from samenoise.data.subsets import held_out, order, subset

__all__ = ["ImageSet", "ReadResult", "Skipped", "digits", "held_out", "of_classes", "order", "read", "subset"]
