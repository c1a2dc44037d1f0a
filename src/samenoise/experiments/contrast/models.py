"""The generators of ``contrast``: diffusion models of the config, GANs and VAEs, by their names in the rows."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from samenoise.cells.gan import GANCell
from samenoise.cells.latents import LatentTraining
from samenoise.cells.vae import VAECell
from samenoise.experiments.contrast.settings import ContrastSettings, label
from samenoise.generators.gan import GAN
from samenoise.generators.latents import LatentGenerator
from samenoise.generators.vae import VAE
from samenoise.lab.study import Study, Wanted
from samenoise.training.order import child_seed

__all__ = ["Kin", "Model", "Sort", "decoders", "kin", "models"]

Sort = Literal["diffusion", "gan", "vae"]
Kin = Literal["seed", "architecture", "sort"]


class Model(NamedTuple):
    """One generator."""

    sort: Sort
    wanted: Wanted
    width: int
    recipe: str
    """All that it is but for its seed."""


def models(study: Study, settings: ContrastSettings) -> dict[str, Model]:
    """All of them, diffusion models first."""
    found: dict[str, Model] = {}
    for name, spec in study.common.models.items():
        recipe = spec.model_copy(update={"seed": 0}).model_dump_json()
        found[name] = Model("diffusion", study.named(name), spec.width, recipe)
    for seed in range(settings.seeds):
        for network, width in settings.gan.networks.items():
            name = label("gan", network, width, seed)
            gan = GANCell(**_cell(study, settings, name, network, width, settings.gan), penalty=settings.gan.penalty)
            found[name] = Model("gan", GAN(train=gan), width, f"gan {network}")
        for network, width in settings.vae.networks.items():
            name, deviation = label("vae", network, width, seed), settings.vae.deviation
            vae = VAECell(**_cell(study, settings, name, network, width, settings.vae), deviation=deviation)
            found[name] = Model("vae", VAE(train=vae), width, f"vae {network}")
    order = [*study.common.models, *settings.labels]
    return {name: found[name] for name in order}


def decoders(study: Study, settings: ContrastSettings) -> dict[str, LatentGenerator]:
    """The GANs and VAEs alone."""
    every = {name: model.wanted for name, model in models(study, settings).items()}
    return {name: each for name, each in every.items() if isinstance(each, LatentGenerator)}


def kin(a: Model, b: Model) -> Kin:
    """In what two differ: the seed alone, the architecture or its settings, or what they are trained as."""
    if a.sort != b.sort:
        return "sort"
    return "seed" if a.recipe == b.recipe else "architecture"


def _cell(
    study: Study, settings: ContrastSettings, name: str, network: str, width: int, training: LatentTraining
) -> dict[str, Any]:
    """The fields of a training that GANs and VAEs share. No two share initial weights, order of data or noise."""
    common = study.common
    return {
        "data": study.data,
        "subset": {"n": study.largest},
        "network": network,
        "width": width,
        "latent": settings.latent,
        "training": {key: getattr(training, key) for key in LatentTraining.model_fields},
        "init_seed": child_seed(common.seed, "weights", name),
        "seed": child_seed(common.seed, "training", name),
        "device": common.device,
    }
