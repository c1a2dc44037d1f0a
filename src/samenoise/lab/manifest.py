"""The manifest of a run: what made it."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from samenoise.generators.sampling import bank
from samenoise.lab.agenda import Agenda
from samenoise.lab.pair_scores import CALIBRATED_RATE
from samenoise.runs.store import Store

__all__ = ["manifest"]


def manifest(agenda: Agenda, store: Store, command: str) -> dict[str, Any]:
    """What made the run, so that every score can be traced and computed again."""
    common, data = agenda.config.common, agenda.study.data.load(store)
    noises = bank(common.sampling, data.shape)
    extractor = agenda.plan.real().load(store).extractor
    packages = ("samenoise", "torch", "numpy", "scipy", "scikit-learn", "safetensors", "pydantic")
    seconds: dict[str, float] = {}
    for sealed in store.sealed():
        seconds[sealed.kind] = seconds.get(sealed.kind, 0.0) + sealed.seconds
    return {
        "command": command,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        "machine": {"platform": platform.platform(), "processor": _processor(), "device": common.device},
        "data": {
            "name": data.name,
            "images": len(data),
            "hash": data.hash,
            "skipped": agenda.study.data.skipped(store),
        },
        "noise": {"bank": noises.hash, "recipe": "philox4x64-ndtri-v1", "seed": noises.seed},
        "sampler": _sampler(agenda, store),
        "batches": {"images": common.sampling.batch, "ceiling": common.sampling.ceiling_batch},
        "feature": {
            "name": extractor.name,
            "weights_hash": extractor.weights_hash,
            "preprocessing": extractor.preprocessing,
            "threshold": common.threshold,
            "calibrated_rate": CALIBRATED_RATE,
        },
        "networks": _networks(agenda, store),
        "cells": {cell.title: cell.hash for cell in agenda.scores},
        "worker_seconds": {kind: round(total, 1) for kind, total in seconds.items()},
    }


def _sampler(agenda: Agenda, store: Store) -> dict[str, Any]:
    """Process, solver, grid and NFE of the closed forms; a network has its own process."""
    if agenda.reference is None:
        return {}
    found = agenda.reference.manifest(store)
    return {key: found[key] for key in ("process", "solver", "grid", "nfe")}


def _networks(agenda: Agenda, store: Store) -> dict[str, dict[str, Any]]:
    """What each network of the rows is."""
    found = {}
    for label, ((train, member), drawn) in agenda.networks.items():
        saved = store.tree.json(store.tree.name(train.place(store, member) / "process.json"))
        found[label] = {
            "parameters": saved["parameters"],
            "architecture": train.network.name,
            "width": train.width,
            "process": train.process.name,
            "parameterisation": train.network.parameterisation,
            "procedure": train.training.procedure,
            "updates": train.training.updates,
        }
        if drawn is not None:
            found[label]["nfe"] = drawn.manifest(store)["nfe"]
    for label, (decoder, drawn) in agenda.decoders.items():
        found[label] = {**decoder.about(store), "nfe": drawn.manifest(store)["nfe"]}
    return found


def _processor() -> str:
    """Name of the processor, as well as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
