"""Data sets and trainings as cells: what generators are made of, described by the parts of a config."""
