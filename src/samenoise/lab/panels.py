"""Panels of the same-noise grid, as experiments put them together."""

from __future__ import annotations

from samenoise.cells.data import MixtureCell
from samenoise.lab.beside_truth import TRUTH
from samenoise.lab.experiment import Panel, PanelRow
from samenoise.lab.study import Ask, Study

__all__ = ["model_row", "named_row", "panel", "sweep"]


WRITTEN = {"mlp": "MLP", "unet": "U-Net", "ncsnpp": "NCSN++", "dit": "DiT", "uvit": "U-ViT"}
"""How people write the names of networks."""


def model_row(study: Study, width: int, n: int, update: int | None = None) -> PanelRow:
    """A network of the run's own kind."""
    label = f"{WRITTEN[study.common.network.name]}, width {width}"
    return PanelRow(study.label(width), label, "model", study.ask(study.model(width, n, "a", update)))


def named_row(label: str, ask: Ask) -> PanelRow:
    """A model with a name of its own."""
    return PanelRow(label, label, "model", ask)


def panel(study: Study, label: str, n: int, models: list[PanelRow]) -> Panel:
    """Models with the closed forms of their training set, and the truth where it is known."""
    closed = []
    if isinstance(study.data, MixtureCell):
        closed.append(PanelRow(TRUTH, "the truth", TRUTH, study.ask(study.truth())))
    closed.append(PanelRow("optimum", "empirical optimum", "optimum", study.ask(study.optimum(n))))
    gaussian = study.ask(study.gaussian(n))
    closed.append(PanelRow("gaussian", "Gaussian of the training set", "gaussian", gaussian))
    return Panel(label, n, (*models, *closed))


def sweep(study: Study) -> list[Panel]:
    """A panel for each training size, with every width."""
    common = study.common
    return [panel(study, f"N = {n}", n, [model_row(study, width, n) for width in common.widths]) for n in common.sizes]
