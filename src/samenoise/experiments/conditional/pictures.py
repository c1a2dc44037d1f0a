"""The same-noise grid of ``conditional``: a panel without labels, and one for each scale of guidance."""

from __future__ import annotations

from samenoise.experiments.conditional.settings import ConditionalSettings
from samenoise.experiments.conditional.subjects import Subjects
from samenoise.generators.labelled import How
from samenoise.lab.experiment import Panel, PanelRow
from samenoise.lab.panels import named_row, panel
from samenoise.lab.study import Study

__all__ = ["panels"]


def panels(study: Study, settings: ConditionalSettings) -> list[Panel]:
    """Labels take turns along the noises."""
    names, n = list(study.common.models), study.largest
    plain = [named_row(label, study.ask(study.named(label))) for label in names]
    return [panel(study, "no labels", n, plain), *(_guided(study, settings, scale) for scale in settings.scales)]


def _guided(study: Study, settings: ConditionalSettings, scale: float) -> Panel:
    subjects, how, n = Subjects(study, settings), How(scale=scale), study.largest
    rows = [named_row(label, study.ask(subjects.network(study.named(label), how))) for label in study.common.models]
    optimum, gaussian = study.ask(subjects.optimum(n, how)), study.ask(subjects.gaussian(how))
    closed = [
        PanelRow("optimum", "empirical optimum, of the label if told", "optimum", optimum),
        PanelRow("gaussian", "Gaussian, of the label if told", "gaussian", gaussian),
    ]
    return Panel(f"labels in turn, guidance {scale:g}", n, (*rows, *closed))
