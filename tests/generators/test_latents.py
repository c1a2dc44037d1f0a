"""GANs and VAEs as generators: of the run's own noises, whatever the batch, and of trainings that may be cut short."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny import content

from samenoise.cells import record
from samenoise.cells.data import data_cell
from samenoise.cells.gan import GANCell
from samenoise.cells.latents import LatentCell, LatentTraining
from samenoise.cells.specs import DataSpec, SamplingSpec
from samenoise.cells.vae import VAECell
from samenoise.generators.gan import GAN
from samenoise.generators.latents import LatentGenerator
from samenoise.generators.sampling import SampleCell
from samenoise.generators.vae import VAE
from samenoise.networks.latents import Decoder
from samenoise.noise import NoiseBank
from samenoise.runs.cell import in_order
from samenoise.runs.store import Store

DATA = data_cell(DataSpec(), 1797, 0)
both = pytest.mark.parametrize("kind", ["gan", "vae"])


def cell(kind: str, **changes: Any) -> LatentCell:
    own: dict[str, Any] = {
        "data": DATA,
        "subset": {"n": 30},
        "network": "conv",
        "width": 4,
        "latent": 6,
        "training": LatentTraining(updates=20, batch=4, warmup=2),
        "init_seed": 3,
        "seed": 4,
        "device": "cpu",
        **changes,
    }
    return GANCell(penalty=0.5, **own) if kind == "gan" else VAECell(deviation=0.3, **own)


def generator(kind: str, **changes: Any) -> LatentGenerator:
    made = cell(kind, **changes)
    return GAN(train=made) if isinstance(made, GANCell) else VAE.model_validate({"train": made})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("latents"))


def drawn(store: Store, wanted: LatentGenerator, batch: int) -> tuple[torch.Tensor, dict[str, Any]]:
    sampling = SamplingSpec(noises=11, bank_seed=5, batch=11, ceiling_batch=3)
    samples = SampleCell(generator=wanted, sampling=sampling, batch=batch, device="cpu")
    for need in in_order([samples]):
        store.compute(need)
    return samples.load(store).images, samples.manifest(store)


@both
def test_the_same_noise_gives_the_same_image_whatever_the_batch(kind: str, store: Store) -> None:
    wanted = generator(kind)
    whole, manifest = drawn(store, wanted, 11)
    parts, _ = drawn(store, wanted, 4)
    assert whole.shape == (11, 1, 8, 8)
    torch.testing.assert_close(parts, whole, rtol=0, atol=1e-5)
    assert (manifest["bank"], manifest["nfe"]) == (NoiseBank(5, (1, 8, 8)).hash, 1)
    sampler = wanted.open(store, SamplingSpec(), "cpu")
    (some,) = sampler(NoiseBank(5, (1, 8, 8)), [9, 2], 4)
    assert some.ids.tolist() == [9, 2]
    torch.testing.assert_close(some.images, whole[[9, 2]], rtol=0, atol=1e-5)


@both
def test_an_image_is_the_decoder_at_the_first_elements_of_its_noise(kind: str, store: Store) -> None:
    images, _ = drawn(store, generator(kind), 11)
    weights = load_file(store.path(cell(kind)) / "decoder.safetensors")
    decoder = Decoder("conv", (1, 8, 8), 6, 4)
    decoder.load_state_dict(weights)
    with torch.no_grad():
        again = torch.cat([decoder(NoiseBank(5, (1, 8, 8))[i].flatten()[None, :6]) for i in range(11)])
    torch.testing.assert_close(images, again, rtol=0, atol=1e-5)


@both
def test_one_seed_gives_the_same_bits_and_another_does_not(kind: str, store: Store, tmp_path: Path) -> None:
    first = content(store.compute(_with_data(store, cell(kind))))
    other = Store(tmp_path)
    assert content(other.compute(_with_data(other, cell(kind)))) == first
    for changes in ({"seed": 5}, {"init_seed": 5}, {"subset": {"n": 31}}, {"latent": 5}, {"width": 8}):
        moved = content(store.compute(_with_data(store, cell(kind, **changes))))
        assert moved["decoder.safetensors"] != first["decoder.safetensors"], changes


@both
def test_an_interruption_shows_nowhere(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(record, "CHECKPOINT_SHARE", 1e9)
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    made, seen = cell(kind), []

    def stop(share: float) -> None:
        seen.append(share)
        if share >= 0.5:
            raise InterruptedError

    whole, broken = Store(tmp_path / "whole"), Store(tmp_path / "broken")
    expected = content(whole.compute(_with_data(whole, made)))
    _with_data(broken, made)
    with pytest.raises(InterruptedError):
        broken.compute(made, stop)
    loops = []
    start = LatentCell.networks
    monkeypatch.setattr(LatentCell, "networks", lambda self, *a: loops.append(a) or start(self, *a))
    restored: list[int] = []
    loop = type(made.loop(DATA.load(broken).images[:4]))
    back = loop.restore
    monkeypatch.setattr(loop, "restore", lambda self, flat: restored.append(int(flat["update"])) or back(self, flat))
    assert content(broken.compute(made)) == expected
    assert restored == [9], "it went on from the checkpoint before the interruption"


def test_a_latent_that_no_noise_holds_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="a noise of 64 numbers, as many as an image has, holds no latent of 65"):
        store.compute(_with_data(store, cell("vae", latent=65)))


def _with_data(store: Store, made: LatentCell) -> LatentCell:
    store.compute(DATA)
    return made
