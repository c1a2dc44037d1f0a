"""Where does it begin? A fault planted in each stage of a latent pipeline is put down to that stage."""

from __future__ import annotations

import math

import pytest
import torch
from pipelines_made import PROMPTS, options

from samenoise.comparison import SideSpec, compare
from samenoise.comparison.side import Conditions
from samenoise.comparison.where import _apart, stage_of
from samenoise.outside import OutsideError, open_target

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of diffusers with NumPy 2
PROMPTED = Conditions(PROMPTS)


def stirred(module, scale=0.05):
    with torch.no_grad():
        for k, p in enumerate(module.parameters()):
            p += scale * torch.randn(p.shape, generator=torch.Generator().manual_seed(k))


def text_encoder(model):
    stirred(model.pipe.text_encoder)


def denoiser(model):
    stirred(model.network, 0.01)


def decoder(model):
    stirred(model.pipe.vae.decoder)


def scheduler(model):
    """One wrong constant."""
    kind = type(model.scheduler)
    changes = {"shift": 1.5} if "FlowMatch" in kind.__name__ else {"beta_end": 0.0125}
    model.scheduler = kind.from_config(model.scheduler.config, **changes)


FAULTS = {"text encoder": text_encoder, "denoiser": denoiser, "scheduler": scheduler, "decoder": decoder}


def where(pipeline, kind, fault=None, **more):
    a, b = open_target(pipeline(kind), options(kind)), open_target(pipeline(kind), options(kind, **more))
    if fault is not None:
        fault(b)
    found = compare(
        SideSpec(a, "a"),
        SideSpec(b, "b"),
        noises=4,
        ceiling=0,
        where=True,
        conditions=PROMPTED if kind != "ddim" else None,
    )
    return found.where[0]


@pytest.mark.parametrize("stage", FAULTS)
@pytest.mark.parametrize("kind", ["sd", "sdxl", "sd3", "flux"])
def test_a_planted_fault_is_put_down_to_its_stage(pipeline, kind, stage):
    found = where(pipeline, kind, FAULTS[stage])
    assert found.first == stage, str(found)
    assert found.images > 0
    others = [each for each in found.stages if each.name != stage]
    assert max(each.same_input for each in others) <= max(each.tolerance for each in others)


@pytest.mark.parametrize("kind", ["sd", "ddim"])
def test_nothing_departs_in_a_pipeline_and_itself(pipeline, kind):
    found = where(pipeline, kind)
    assert found.first is None
    assert found.images == 0
    assert found.latents == [0.0] * 4
    assert "no stage departs" in str(found)


def test_a_fault_between_the_parts_is_put_down_to_what_is_handed_on(pipeline):
    def scaling(model):
        model.pipe.vae.register_to_config(scaling_factor=0.2)

    found = where(pipeline, "sd", scaling)
    assert found.first == "what is handed to the decoder"

    def guidance(model):
        model.call = model.call._replace(guidance_scale=9.0)

    assert where(pipeline, "sd", guidance).first == "what is handed to the scheduler"

    def embedding(model):
        encode = model.pipe.encode_prompt
        model.pipe.encode_prompt = lambda *args, **kwargs: tuple(1.1 * each for each in encode(*args, **kwargs))

    found = where(pipeline, "sd", embedding)
    assert found.first == "what is handed to the denoiser", "which works before the scheduler's first step"
    assert {each.name: each.own_input > each.tolerance for each in found.stages}["scheduler"]


def test_latents_are_followed_along_the_trajectory(pipeline):
    """A fault of the decoder leaves them alone; one of the denoiser is in them from the first step on."""
    assert where(pipeline, "sd", decoder).latents == [0.0] * 4
    found = where(pipeline, "sd", denoiser)
    assert len(found.latents) == 4
    assert min(found.latents) > 1e-3


def test_fewer_steps_are_called_less_often(pipeline):
    found = where(pipeline, "ddim", steps=2)
    by_name = {stage.name: stage for stage in found.stages}
    assert by_name["denoiser"].calls == (4, 2)
    assert by_name["denoiser"].note == "called 4 and 2 times"
    assert by_name["denoiser"].same_input == 0
    assert found.first == "what is handed to the scheduler", "which is the number of steps"


def test_half_precision_begins_at_the_first_stage_that_is_rounded(pipeline):
    found = where(pipeline, "sd", dtype="bfloat16")
    assert found.first == "text encoder"


def test_what_is_no_pipeline_is_refused(pipeline):
    with pytest.raises(OutsideError, match="--where looks into pipelines of diffusers; it is a function"):
        compare(pipeline("ddim") + ",steps=2", SideSpec(lambda noise: noise, "it"), noises=4, where=True, ceiling=0)


def test_answers_of_another_form_are_infinitely_far():
    x = {"tensor": "float32", "values": torch.ones(2).numpy()}
    assert _apart(x, {"tensor": "float32", "values": torch.ones(3).numpy()}) == math.inf
    assert _apart({"a": x}, {"b": x}) == math.inf
    assert _apart([x], [x, x]) == math.inf
    assert _apart(x, None) == math.inf
    assert _apart([1, "a", None, True], [1, "a", None, True]) == 0
    assert _apart(2.0, 1.0) == 0.5
    assert stage_of("text_encoder_2") == "text encoder"
    assert stage_of("image_encoder") == "image encoder"
