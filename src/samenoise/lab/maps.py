"""Maps: what generators draw at every place of a sheet, and which marked place each picture is most like.

maps.json          what the rows and sheets are, and the places that are marked
maps.safetensors   images uint8 (P, R, S, c, h, w); nearest int64 and similarity float32 (P, R, S)
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import torch
from pydantic import ConfigDict, Field
from safetensors.torch import save_file
from torch import Tensor

from samenoise.lab.common import Common
from samenoise.lab.experiment import Map
from samenoise.lab.plan import Plan
from samenoise.lab.scene import Scene
from samenoise.lab.study import Ask, Study
from samenoise.metrics.reproducibility import levels
from samenoise.metrics.similarity import unit
from samenoise.runs.cell import Cell, Progress, Results, Spec

__all__ = ["MapCell"]


class SheetRow(Spec):
    """What is drawn on a sheet."""

    key: str
    label: str
    kind: str


class Sheet(Spec):
    """A sheet, with the images of its rows by their keys."""

    label: str
    n: int
    places: tuple[int, ...]
    asks: dict[str, Ask]


class MapCell(Cell):
    """Pictures of every sheet. A row that only some sheets have is empty in the others."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    kind: ClassVar[str] = "map"
    folder: ClassVar[str] = "scores"
    common: Common
    columns: int
    marked: tuple[int, ...]
    rows: tuple[SheetRow, ...]
    sheets: tuple[Sheet, ...]
    plan: Plan = Field(exclude=True)

    @classmethod
    def of(cls, common: Common, maps: list[Map], plan: Plan) -> MapCell:
        """From what experiments show.

        Raises:
            ValueError: the sheets are not all alike in their places.
        """
        forms = {(each.columns, len(each.places), each.marked) for each in maps}
        if len(forms) > 1:
            raise ValueError(f"the maps of a run have as many places and the same ones marked, got {sorted(forms)}")
        named = {row.key: SheetRow(key=row.key, label=row.label, kind=row.kind) for each in maps for row in each.rows}
        sheets = [
            Sheet(label=each.label, n=each.n, places=each.places, asks={row.key: row.ask for row in each.rows})
            for each in maps
        ]
        columns, _, marked = forms.pop()
        return cls(
            common=common,
            columns=columns,
            marked=marked,
            rows=tuple(named.values()),
            sheets=tuple(sheets),
            plan=plan,
        )

    @property
    def title(self) -> str:
        return "maps"

    def needs(self) -> list[Cell]:
        found: list[Cell] = []
        for sheet in self.sheets:
            for ask in sheet.asks.values():
                found += [self.plan.samples(ask), self.plan.features(ask)]
        return list({cell.hash: cell for cell in found}.values())

    def run(self, store: Results, out: Path, progress: Progress) -> None:
        scene, found = Scene(Study(self.common), self.plan, store, []), []
        for sheet in self.sheets:
            found.append(self._sheet(sheet, scene))
            progress(len(found) / len(self.sheets))
        save_file({name: torch.stack([each[name] for each in found]) for name in found[0]}, out / "maps.safetensors")
        content: dict[str, Any] = {
            "schema_version": 1,
            "feature": self.common.feature,
            "columns": self.columns,
            "marked": list(self.marked),
            "rows": [row.model_dump() for row in self.rows],
            "sheets": [{"label": sheet.label, "n_train": sheet.n} for sheet in self.sheets],
        }
        (out / "maps.json").write_text(json.dumps(content, indent=1))

    def _sheet(self, sheet: Sheet, scene: Scene) -> dict[str, Tensor]:
        places, marked = torch.tensor(sheet.places), torch.tensor(self.marked)
        drawn = {key: scene.of(key, ask, more=False) for key, ask in sheet.asks.items()}
        like = next(iter(drawn.values())).images[places]
        images, nearest, similarity = [], [], []
        for row in self.rows:
            if row.key not in drawn:
                images.append(torch.full_like(like, -1.0))
                nearest.append(torch.full((len(places),), -1))
                similarity.append(torch.full((len(places),), torch.nan))
                continue
            directions = unit(drawn[row.key].features.array[places])
            best = (directions @ directions[marked].T).clamp(-1, 1).max(1)
            images.append(drawn[row.key].images[places])
            nearest.append(best.indices)
            similarity.append(best.values)
        return {
            "images": levels(torch.stack(images)).to(torch.uint8),
            "nearest": torch.stack(nearest),
            "similarity": torch.stack(similarity).float(),
        }
