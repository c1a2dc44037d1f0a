"""One tiny pipeline of every kind that diffusers has and samenoise draws, made of diffusers' own classes.

``made(kind, folder)`` saves one by ``save_pretrained``. Weights are random and fixed, and stirred where diffusers
starts them at zero, so that every part does something.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from encoders_made import clip, seeded, t5

PROMPTS = ["a cat", "a dog on a hill", "the sea"]


@contextmanager
def quiet() -> Iterator[None]:
    """Without the bars and warnings of diffusers and transformers."""
    from diffusers.utils import logging
    from transformers.utils import logging as others

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    others.disable_progress_bar()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    others.enable_progress_bar()
    logging.set_verbosity(level)


def unet(channels: int = 1, size: int = 8, **more: Any) -> Any:
    from diffusers import UNet2DModel

    return UNet2DModel(
        sample_size=size,
        in_channels=channels,
        out_channels=channels,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=8,
        **more,
    )


def ddim() -> Any:
    from diffusers import DDIMPipeline, DDIMScheduler

    return DDIMPipeline(seeded(unet), DDIMScheduler(clip_sample=False, prediction_type="v_prediction"))


def ddpm() -> Any:
    from diffusers import DDPMPipeline, DDPMScheduler

    return DDPMPipeline(seeded(unet), DDPMScheduler(clip_sample=False, prediction_type="v_prediction"))


def edm() -> Any:
    """A network of EDM in the pipeline that diffusers saves U-Nets in."""
    from diffusers import DDPMPipeline, EDMEulerScheduler

    return DDPMPipeline(seeded(unet), EDMEulerScheduler())


def consistency() -> Any:
    from diffusers import CMStochasticIterativeScheduler, ConsistencyModelPipeline

    return ConsistencyModelPipeline(seeded(lambda: unet(3)), CMStochasticIterativeScheduler())


def vae(channels: int = 3, latent: int = 4, **more: Any) -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        in_channels=channels,
        out_channels=channels,
        block_out_channels=(8, 16),
        norm_num_groups=4,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=latent,
        **more,
    )


def dit() -> Any:
    from diffusers import DDIMScheduler, DiTPipeline, DiTTransformer2DModel

    def network() -> Any:
        made = DiTTransformer2DModel(
            num_attention_heads=2,
            attention_head_dim=8,
            in_channels=4,
            out_channels=8,
            num_layers=2,
            sample_size=4,
            num_embeds_ada_norm=10,
        )
        for p in made.parameters():  # its gates start at zero
            p.data += 0.1 * torch.randn_like(p)
        return made

    return DiTPipeline(seeded(network), seeded(vae), DDIMScheduler(clip_sample=False, prediction_type="v_prediction"))


def sd(folder: Path) -> Any:
    from diffusers import DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel

    encoder, tokenizer = clip(folder / "clip")

    def network() -> Any:
        return UNet2DConditionModel(
            sample_size=8,
            block_out_channels=(8, 16),
            layers_per_block=1,
            norm_num_groups=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=16,
            attention_head_dim=2,
        )

    scheduler = DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=False
    )
    return StableDiffusionPipeline(
        seeded(vae), encoder, tokenizer, seeded(network), scheduler, None, None, requires_safety_checker=False
    )


def sdxl(folder: Path) -> Any:
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel

    encoder, tokenizer = clip(folder / "clip")
    encoder_2, tokenizer_2 = clip(folder / "clip_2", projected=True)

    def network() -> Any:
        return UNet2DConditionModel(
            sample_size=8,
            block_out_channels=(8, 16),
            layers_per_block=1,
            norm_num_groups=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=32,
            attention_head_dim=2,
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=6 * 8 + 16,
        )

    return StableDiffusionXLPipeline(
        seeded(vae),
        encoder,
        encoder_2,
        tokenizer,
        tokenizer_2,
        seeded(network),
        EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"),
        add_watermarker=False,
    )


def sd3(folder: Path) -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel, StableDiffusion3Pipeline

    encoder, tokenizer = clip(folder / "clip", projected=True)
    encoder_2, tokenizer_2 = clip(folder / "clip_2", projected=True)

    def network() -> Any:
        return SD3Transformer2DModel(
            sample_size=8,
            patch_size=1,
            in_channels=4,
            num_layers=1,
            attention_head_dim=8,
            num_attention_heads=2,
            joint_attention_dim=32,
            caption_projection_dim=16,
            pooled_projection_dim=32,
            out_channels=4,
        )

    decoder = seeded(lambda: vae(use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.06))
    return StableDiffusion3Pipeline(
        transformer=seeded(network),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=1.0),
        vae=decoder,
        text_encoder=encoder,
        tokenizer=tokenizer,
        text_encoder_2=encoder_2,
        tokenizer_2=tokenizer_2,
        text_encoder_3=None,
        tokenizer_3=None,
    )


def flux(folder: Path) -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

    encoder, tokenizer = clip(folder / "clip")
    encoder_2, tokenizer_2 = t5()

    def network() -> Any:
        return FluxTransformer2DModel(
            patch_size=1,
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            pooled_projection_dim=16,
            axes_dims_rope=(4, 4, 8),
        )

    decoder = seeded(lambda: vae(use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.06))
    return FluxPipeline(
        FlowMatchEulerDiscreteScheduler(shift=1.0), decoder, encoder, tokenizer, encoder_2, tokenizer_2, seeded(network)
    )


UNCONDITIONAL = {"ddim": ddim, "ddpm": ddpm, "edm": edm, "consistency": consistency}
TEXT = {"sd": sd, "sdxl": sdxl, "sd3": sd3, "flux": flux}
KINDS = (*UNCONDITIONAL, "dit", *TEXT)


def made(kind: str, folder: Path) -> Path:
    """Save a pipeline of a kind into ``folder``."""
    place = folder / kind
    with quiet():
        pipe = TEXT[kind](folder / "tokenizers") if kind in TEXT else {**UNCONDITIONAL, "dit": dit}[kind]()
        pipe.save_pretrained(place)
    return place


def options(kind: str, **more: Any) -> dict[str, Any]:
    """How one of a kind is drawn in tests: in few steps, and by a solver of samenoise where its own draws noise."""
    own = {"ddpm": {"solver": "ddim"}, "consistency": {"steps": 1}, "flux": {"size": 16}}
    return {"steps": 4, **own.get(kind, {}), **more}


def told(kind: str) -> list[Any] | None:
    """The prompts or classes of a kind."""
    return [1, 2, 3] if kind == "dit" else PROMPTS if kind in TEXT else None
