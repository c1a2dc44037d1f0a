"""Experiments, one room each: a package with its settings, measurements, findings, figures and presets."""
