"""The JSON Schema of ``scores.json``: the keys of every row, and those that experiments add to theirs.

``scores.schema.json`` beside this file is that of our own experiments, written by ``make generated``. An experiment of
another package is checked by the schema made of it: ``scores_schema([experiment])``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from samenoise.lab.definitions import SHARED
from samenoise.lab.experiment import Experiment, Tag
from samenoise.lab.run_files import CORE

__all__ = ["scores_schema"]

_NUMBER = {"$ref": "#/$defs/number_or_null"}

_ROW: Mapping[str, Any] = {
    "experiment": {},
    "metric": {"description": "Metric id, such as rp or memorized."},
    "value": _NUMBER,
    "ci95": {
        "description": "95 % interval; an end is null where it is unbounded.",
        "oneOf": [{"type": "null"}, {"type": "array", "minItems": 2, "maxItems": 2, "items": _NUMBER}],
    },
    "n": {"type": "integer", "minimum": 0, "description": "Images, noises or widths that the score is taken over."},
    "threshold": _NUMBER,
    "feature": {"type": "string", "description": "Name of the feature extractor; the manifest has its hash."},
    "a": {"type": "string"},
    "b": {"type": "string"},
    "n_train": {"type": ["integer", "null"], "minimum": 1, "description": "Training images; null over all sizes."},
    "width": {"type": ["integer", "null"], "minimum": 1, "description": "Width of the network, where it is of one."},
    "baseline": {
        "type": "object",
        "required": ["floor", "ceiling", "gaussian"],
        "additionalProperties": False,
        "properties": {
            "floor": {**_NUMBER, "description": "What chance, or held-out real images, score."},
            "ceiling": {**_NUMBER, "description": "A model against itself at another batch size."},
            "gaussian": {**_NUMBER, "description": "The closed-form Gaussian in the model's place."},
            "floor_ci95": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}},
            "gaussian_ci95": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}},
            "floor_n": {"type": "integer", "minimum": 1, "description": "Images that the floor is a share of."},
            "ceiling_n": {"type": "integer", "minimum": 1, "description": "Noises that the ceiling is taken over."},
        },
    },
    "replicates": {"type": "integer", "minimum": 1, "description": "Trainings of each model that it is a mean over."},
    "ci95_noises": {
        "description": "95 % interval over the noises alone, where ci95 is over noises and trainings.",
        "type": "array",
        "minItems": 2,
        "maxItems": 2,
        "items": _NUMBER,
    },
    "note": {"type": "string", "description": "Why a value is null, or what it leaves out."},
}
"""The keys that every row has, and those of :data:`samenoise.lab.run_files.OPTIONAL`, which any may have."""


def scores_schema(rooms: Iterable[Experiment]) -> dict[str, Any]:
    """The schema of runs of some experiments.

    Raises:
        ValueError: an experiment has a tag called like a key of every row.
    """
    found = sorted(rooms, key=lambda room: room.name)
    own = _tags(found)
    for name in own.keys() & _ROW.keys():
        raise ValueError(f"{name!r} is a key of every row and cannot be a tag of {' or '.join(own[name])}")
    row = {
        **_ROW,
        "experiment": {"enum": [room.name for room in found]},
        "metric": {**_ROW["metric"], "enum": sorted(set(SHARED).union(*(room.metrics for room in found)))},
        **{name: _of(own[name]) for name in sorted(own)},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "samenoise scores.json",
        "type": "object",
        "required": ["schema_version", "scores"],
        "additionalProperties": False,
        "properties": {
            "schema_version": {"const": 1},
            "scores": {"type": "array", "items": {"$ref": "#/$defs/row"}},
        },
        "$defs": {
            "number_or_null": {"type": ["number", "null"]},
            "row": {
                "type": "object",
                "description": "One score. value and ci95 are null where it could not be determined; note says why.",
                "required": list(CORE),
                "additionalProperties": False,
                "properties": row,
            },
        },
    }


def _tags(rooms: Iterable[Experiment]) -> dict[str, dict[str, Tag]]:
    """Tag -> the experiments that have it, with what each means by it."""
    found: dict[str, dict[str, Tag]] = {}
    for room in rooms:
        for name, tag in room.tags.items():
            found.setdefault(name, {})[room.name] = tag
    return found


def _of(tags: Mapping[str, Tag]) -> dict[str, Any]:
    """The schema of a tag, with the experiments whose rows have it; of several meanings, any."""
    meanings: dict[str, tuple[Tag, list[str]]] = {}
    for room, tag in tags.items():
        meanings.setdefault(repr(tag.schema), (tag, []))[1].append(room)
    schemas = []
    for tag, rooms in meanings.values():
        said = str(tag.schema["description"])
        schemas.append({**tag.schema, "description": f"Of {' and '.join(rooms)}: {said[0].lower()}{said[1:]}"})
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
