"""Experiments: which cells a preset asks for, and what is scored of them. One file each, presets in ``presets``."""
