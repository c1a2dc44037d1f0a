"""The diffusion transformer (Peebles & Xie 2212.09748), over diffusers' ``DiTTransformer2DModel``, perhaps of classes.

The image is cut into patches, the noise level scales, shifts and gates every block (adaLN-Zero). Each block is the
identity and the prediction 0 at first. As diffusers has it, each block embeds the noise level by itself, where the
paper has one embedding for all.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from samenoise.networks.base import DiffusersNetwork, seeded, timestep
from samenoise.networks.patches import head_size, patch_size

__all__ = ["DiT"]


class DiT(DiffusersNetwork):
    """The transformer.

    Args:
        shape: ``(channels, side, side)``.
        width: features of a token, a multiple of 16; heads have 32 of them where that divides the width, else 16.
        depth: blocks.
        seed: of the initial weights.
        classes: labels that it takes; they are embedded in every block, as the noise level is.

    Raises:
        ValueError: for a width that is not a multiple of 16, an image that is not square or cannot be cut.
    """

    name = "dit"

    def __init__(self, shape: tuple[int, ...], width: int, depth: int = 4, seed: int = 0, classes: int = 0) -> None:
        from diffusers import DiTTransformer2DModel

        super().__init__(shape, width, depth, classes)
        channels, side, other = self.shape
        if side != other:
            raise ValueError(f"a dit draws square images, got {side} x {other}")
        head = head_size(width)
        with seeded(seed):
            self.model = DiTTransformer2DModel(  # type: ignore[no-untyped-call]  # diffusers has no types here
                num_attention_heads=width // head,
                attention_head_dim=head,
                in_channels=channels,
                num_layers=depth,
                sample_size=side,
                patch_size=patch_size(side, other),
                num_embeds_ada_norm=max(self.rows - 1, 1),
            )
            _initialize(self.model)
        for block in self.model.transformer_blocks:
            # diffusers would drop labels from torch's generator; the training does it, from a stream of its own.
            block.norm1.emb.class_embedder.dropout_prob = 0.0

    def predict(self, x: Tensor, c_noise: Tensor, rows: Tensor | None) -> Tensor:
        if rows is None:  # of the two that the table has then, 1 is "no class"
            rows = torch.ones(len(x), dtype=torch.int64, device=x.device)
        out: Tensor = self.model(x, timestep(c_noise), rows).sample
        return out


def _initialize(model: Any) -> None:
    """As the paper's authors do it, where diffusers leaves torch's defaults."""
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    patches = model.pos_embed.proj
    nn.init.xavier_uniform_(patches.weight.view(len(patches.weight), -1))
    nn.init.zeros_(patches.bias)
    for block in model.transformer_blocks:
        embedder = block.norm1.emb
        for weight in (
            embedder.class_embedder.embedding_table.weight,
            embedder.timestep_embedder.linear_1.weight,
            embedder.timestep_embedder.linear_2.weight,
        ):
            nn.init.normal_(weight, std=0.02)
    for gate in (*(block.norm1.linear for block in model.transformer_blocks), model.proj_out_1, model.proj_out_2):
        nn.init.zeros_(gate.weight)
        nn.init.zeros_(gate.bias)
