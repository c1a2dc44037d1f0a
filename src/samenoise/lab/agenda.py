"""From a config to all the cells of its run."""

from __future__ import annotations

from functools import cached_property

from samenoise.cells.latents import LatentCell
from samenoise.generators.base import DenoiserGenerator
from samenoise.generators.sampling import SampleCell
from samenoise.generators.trained import Unplanned
from samenoise.lab.config import Config
from samenoise.lab.experiment import Map, Panel
from samenoise.lab.grid import GridCell
from samenoise.lab.maps import MapCell
from samenoise.lab.measurement import Measurement
from samenoise.lab.plan import Place, Plan
from samenoise.lab.rooms import room
from samenoise.lab.score import ScoreCell
from samenoise.lab.study import Ask, Study, Wanted
from samenoise.runs.cell import Cell, ConfigError

__all__ = ["Agenda"]


class Agenda:
    """What a run of a config computes."""

    def __init__(self, config: Config) -> None:
        self.config, self.study = config, Study(config.common)

    @cached_property
    def measurements(self) -> list[Measurement]:
        """Of all experiments, in the order of their rows.

        Raises:
            ConfigError: a measurement calls its experiment otherwise, and nobody would read its rows.
        """
        found = []
        for name, own in self.config.settings.items():
            for each in room(name).measurements(self.study, own):
                if each.experiment != name:
                    raise ConfigError(
                        f"the experiment {name!r} has a measurement whose rows are of {each.experiment!r}: "
                        f"{type(each).__name__}.experiment must be {name!r}"
                    )
                found.append(each)
        return found

    @cached_property
    def panels(self) -> list[Panel]:
        """Of the same-noise grid."""
        return [each for name, own in self.config.settings.items() for each in room(name).panels(self.study, own)]

    @cached_property
    def maps(self) -> list[Map]:
        """Sheets of places."""
        return [each for name, own in self.config.settings.items() for each in room(name).maps(self.study, own)]

    @cached_property
    def asks(self) -> list[Ask]:
        """All images that are asked for."""
        scored = [ask for measurement in self.measurements for ask in measurement.asks()]
        shown = [row for panel in self.panels for row in panel.rows] + [row for each in self.maps for row in each.rows]
        return scored + [row.ask for row in shown]

    @cached_property
    def plan(self) -> Plan:
        """Which cell makes what they ask for."""
        wanted: list[Wanted] = [ask.wanted for ask in self.asks]
        wanted += [each for measurement in self.measurements for each in measurement.denoisers()]
        return Plan(wanted, self.study.feature, self.config.common.device)

    @cached_property
    def scores(self) -> list[ScoreCell]:
        """The cells that hold rows, in the order of the rows."""
        return [ScoreCell(measurement=each, plan=self.plan) for each in self.measurements]

    @cached_property
    def grid(self) -> GridCell | None:
        """The same-noise grid, where an experiment has pictures for it."""
        if not self.panels:
            return None
        return GridCell.of(self.config.common, self.panels, self.config.shown, self.plan)

    @cached_property
    def sheets(self) -> MapCell | None:
        """The maps, where an experiment has some."""
        return MapCell.of(self.config.common, self.maps, self.plan) if self.maps else None

    @cached_property
    def usual(self) -> list[Ask]:
        """Images that are sampled as the config says, and not with settings of an experiment's own."""
        return [ask for ask in self.asks if ask.sampling == self.config.common.sampling]

    @cached_property
    def reference(self) -> SampleCell | None:
        """Images of a closed form, drawn as the config says: they tell of the sampler."""
        closed = [ask for ask in self.usual if isinstance(ask.wanted, DenoiserGenerator)]
        return self.plan.samples(closed[0]) if closed else None

    @cached_property
    def networks(self) -> dict[str, tuple[Place, SampleCell | None]]:
        """The models of the rows: where each is trained, and images of it that are drawn as the config says."""
        found = {}
        for label, network in self.study.networks().items():
            if network in self.plan:
                asks = [a for a in self.usual if isinstance(a.wanted, Unplanned) and a.wanted.member == network.member]
                drawn = self.plan.samples(asks[0].each[0]) if asks else None
                found[label] = self.plan.place(network.member), drawn
        return found

    @cached_property
    def decoders(self) -> dict[str, tuple[LatentCell, SampleCell]]:
        """The same of GANs and VAEs."""
        rooms = [room(name).decoders(self.study, own) for name, own in self.config.settings.items()]
        every = {label: each for found in rooms for label, each in found.items()}
        return {label: (each.train, self.plan.samples(self.study.ask(each))) for label, each in every.items()}

    @property
    def cells(self) -> list[Cell]:
        """Everything that is read once a run is done: scores and grid, and what the manifest tells of."""
        told: list[Cell | None] = [cell for place, drawn in self.networks.values() for cell in (place.train, drawn)]
        told += [cell for both in self.decoders.values() for cell in both]
        read = [self.grid, self.sheets, self.study.data, self.plan.real(), self.reference, *told]
        return list({cell.hash: cell for cell in (*self.scores, *read) if cell is not None}.values())
