"""Pipelines of diffusers: each kind draws what its own call draws from the same numbers; mistakes are one sentence."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from encoders_made import seeded
from pipelines_made import KINDS, PROMPTS, TEXT, options, quiet, told, unet

from samenoise.noise import NoiseBank
from samenoise.outside import OutsideError, open_target
from samenoise.outside.handlers import HANDLERS
from samenoise.outside.pipelines import Pipeline

STEPS = 3


def opened(pipeline, kind, **more):
    return open_target(pipeline(kind), options(kind, **more))


def noise(model, n=3):
    return NoiseBank(0, model.shape)[:n].numpy()


def own_call(pipe, kind, seed):
    """What a pipeline draws by itself from a generator of torch."""
    how = {"num_inference_steps": STEPS, "generator": torch.Generator().manual_seed(seed), "output_type": "np"}
    if kind == "ddim":
        how["batch_size"] = 2
    if kind == "consistency":
        how |= {"batch_size": 2, "num_inference_steps": 1}
    if kind == "dit":
        how |= {"class_labels": [1, 2], "guidance_scale": 2.0}
    if kind in TEXT:
        how |= {"prompt": PROMPTS[:2], "guidance_scale": 3.0}
    if kind == "flux":
        how |= {"height": 16, "width": 16}
    return torch.from_numpy(np.asarray(pipe(**how).images)).permute(0, 3, 1, 2).numpy() * 2 - 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("ddpm", "edm")])
def test_a_pipeline_draws_what_its_own_call_draws(pipeline, kind):
    """From the same normal numbers: which the pipeline takes from a generator, and we hand over."""
    guided = {"dit": 2.0} | dict.fromkeys(TEXT, 3.0)
    more = {"guidance_scale": guided[kind]} if kind in guided else {}
    model = opened(pipeline, kind, **({"steps": STEPS} if kind != "consistency" else {}), **more)
    z = torch.randn(2, *model.shape, generator=torch.Generator().manual_seed(5))
    if kind == "dit":  # its own null class is that of ImageNet, number 1000
        model.pipe.transformer.transformer_blocks[0].norm1.emb.class_embedder.embedding_table = grown(model)
    conditions = None if told(kind) is None else told(kind)[:2]
    found = model.draw(z.numpy(), conditions)
    with quiet():
        expected = own_call(model.pipe, kind, 5)
    np.testing.assert_allclose(found.clip(-1, 1), expected, atol=2e-5)
    assert np.abs(found[0] - found[1]).mean() > 0.01


def grown(model):
    """Embeddings of classes for two layers at once, with those of the null class at the places of both conventions."""
    blocks = [block.norm1.emb.class_embedder for block in model.pipe.transformer.transformer_blocks]
    for each in blocks:
        old = each.embedding_table
        table = torch.nn.Embedding(1001, old.embedding_dim)
        table.weight.data[:11], table.weight.data[1000] = old.weight.data, old.weight.data[10]
        each.embedding_table = table
    return blocks[0].embedding_table


def test_an_edm_network_follows_its_scheduler_from_sigma_max(pipeline):
    """Euler on Karras' grid, written out."""
    model = opened(pipeline, "edm")
    scheduler, network = model.scheduler, model.pipe.unet
    z = torch.from_numpy(noise(model, 2))
    scheduler.set_timesteps(4)
    sigmas = scheduler.sigmas.double()
    assert sigmas[0] == pytest.approx(80)
    x = z.double() * (80**2 + 1) ** 0.5
    with torch.no_grad():
        for s, s_next in pairwise(sigmas):
            c_in, c_noise = (s**2 + 0.25).rsqrt(), 0.25 * s.log()
            out = network((c_in * x).float(), c_noise.float()).sample.double()
            D = 0.25 / (s**2 + 0.25) * x + s * 0.5 * (s**2 + 0.25).rsqrt() * out
            x = x + (s_next - s) * (x - D) / s
    np.testing.assert_allclose(model.draw(z.numpy()), x.numpy(), atol=2e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_it_is_and_draws_the_same_again(pipeline, kind):
    model = opened(pipeline, kind)
    z = noise(model)
    first = model.draw(z, told(kind))
    np.testing.assert_array_equal(model.draw(z, told(kind)), first)
    np.testing.assert_allclose(model.draw(z[1:2], told(kind) and told(kind)[1:2])[0], first[1], atol=1e-5)
    json.dumps(model.about)
    assert model.about["class"] in HANDLERS


def test_every_class_is_tested(pipeline):
    classes = {json.loads((Path(pipeline(kind)) / "model_index.json").read_text())["_class_name"] for kind in KINDS}
    assert classes == set(HANDLERS)


def test_prompts_and_classes_make_a_difference_and_are_asked_for(pipeline):
    for kind in ("sd", "dit"):
        model = opened(pipeline, kind)
        z = noise(model, 1)
        a, b = (model.draw(z, [one]) for one in told(kind)[:2])
        assert np.abs(a - b).max() > 1e-4
        with pytest.raises(OutsideError, match=r"prompts|classes"):
            model.draw(z)
    with pytest.raises(OutsideError, match="takes classes, which are whole numbers"):
        model.draw(z, ["a cat"])
    with pytest.raises(OutsideError, match="takes no prompts or classes"):
        opened(pipeline, "ddim").draw(noise(opened(pipeline, "ddim")), [1, 2, 3])


def test_precision_and_scheduler_are_those_that_are_asked_for(pipeline):
    z = noise(opened(pipeline, "ddim"))
    full = opened(pipeline, "ddim").draw(z)
    half, double = (opened(pipeline, "ddim", dtype=dtype) for dtype in ("bfloat16", "float64"))
    assert 1e-4 < np.abs(half.draw(z) - full).mean() < 0.05
    assert 0 < np.abs(double.draw(z) - full).max() < 1e-4
    assert (half.about["dtype"], double.about["dtype"]) == ("bfloat16", "float64")
    other = opened(pipeline, "ddim", scheduler="UniPCMultistepScheduler")
    assert np.abs(other.draw(z) - full).max() > 1e-3
    assert other.about["scheduler"] == "UniPCMultistepScheduler"


def edited(place: str, to: Path, file: str, change) -> str:
    """A copy of a pipeline with a JSON file changed."""
    shutil.copytree(place, to)
    content = json.loads((to / file).read_text())
    change(content)
    (to / file).write_text(json.dumps(content))
    return str(to)


def test_code_of_a_repository_is_not_run(pipeline, tmp_path):
    place = edited(pipeline("ddim"), tmp_path / "a", "model_index.json", lambda c: c.update(unet=["my_unet", "Mine"]))
    (tmp_path / "a" / "my_unet.py").write_text("raise SystemExit('it was run')\n")
    with pytest.raises(OutsideError, match="its unet is of 'my_unet', whose code is not run"):
        open_target(place, {})
    place = edited(pipeline("ddim"), tmp_path / "b", "model_index.json", lambda c: c.update(_class_name=["x", "Mine"]))
    with pytest.raises(OutsideError, match="cannot be given noise here"):
        open_target(place, {})


def test_a_pipeline_that_cannot_be_read_is_said(pipeline, tmp_path):
    shutil.copytree(pipeline("ddim"), tmp_path / "a")
    weights = tmp_path / "a" / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(OutsideError, match="cannot be read as a DDIMPipeline"):
        open_target(str(tmp_path / "a"), {})
    (tmp_path / "a" / "model_index.json").write_text("{")
    with pytest.raises(OutsideError, match="is no JSON"):
        open_target(str(tmp_path / "a"), {})
    with pytest.raises(OutsideError, match="no dtype 'float8'"):
        opened(pipeline, "ddim", dtype="float8")
    with pytest.raises(OutsideError, match="not both"):
        opened(pipeline, "ddim", solver="ddim", scheduler="DDIMScheduler")


def test_weights_in_a_pickle_need_trust(pipeline, tmp_path):
    with quiet():
        opened(pipeline, "ddim").pipe.save_pretrained(tmp_path / "a", safe_serialization=False)
    with pytest.raises(OutsideError, match=r"cannot be read.*trust_pickle=true"):
        open_target(str(tmp_path / "a"), {})
    z = noise(opened(pipeline, "ddim"))
    trusted = open_target(str(tmp_path / "a"), options("ddim", trust_pickle=True))
    np.testing.assert_array_equal(trusted.draw(z), opened(pipeline, "ddim").draw(z))


def test_a_hub_id_without_network_is_said(monkeypatch):
    """By the call that tries once: the one that downloads tries for half a minute."""
    import huggingface_hub

    def refuse(*args, **kwargs):
        raise ConnectionError("no route to host\nsecond line")

    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", refuse)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda *args, **kwargs: pytest.fail("tries again"))
    with pytest.raises(OutsideError, match=r"'owner/name' is no folder, and as a repository .* no route to host$"):
        open_target("owner/name", {})


def test_what_the_hub_once_gave_needs_no_network(pipeline, monkeypatch):
    import huggingface_hub
    from diffusers import DDIMPipeline

    folder = Path(pipeline("ddim"))
    for name in ("hf_hub_download", "try_to_load_from_cache"):
        monkeypatch.setattr(huggingface_hub, name, lambda owner, file, **how: str(folder / file))
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", lambda url: pytest.fail("asks the network"))
    kept = DDIMPipeline.from_pretrained(folder, use_safetensors=True)
    monkeypatch.setattr(DDIMPipeline, "from_pretrained", lambda target, **how: kept)
    assert open_target("owner/name", {}).about["class"] == "DDIMPipeline"


def test_hidden_randomness_is_found():
    """A network in training mode drops units by torch's global generator."""
    from diffusers import DDIMPipeline, DDIMScheduler

    network = seeded(lambda: unet(dropout=0.2)).train()
    model = Pipeline(DDIMPipeline(network, DDIMScheduler()), steps=2)
    with pytest.raises(OutsideError, match="random numbers of torch's global generator"):
        model.draw(noise(model))


def test_what_fails_inside_is_said_in_one_line(pipeline):
    model = opened(pipeline, "ddim")
    with pytest.raises(OutsideError, match=r"failed: RuntimeError: .*") as failed:
        model.draw(np.zeros((2, 3, 8, 8), np.float32))
    assert failed.value.code == 1
    assert "\n" not in str(failed.value)
    classes = opened(pipeline, "dit")
    with pytest.raises(OutsideError, match="failed: IndexError: index out of range"):
        classes.draw(noise(classes), [1, 2, 99])
