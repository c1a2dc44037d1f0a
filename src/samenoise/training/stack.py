"""Loss and gradients of a stack of residual MLPs, written out.

The same function as :class:`samenoise.networks.ResidualMLP` under squared error, for ``K`` models at once, and its
derivative by hand: for networks this small, recording a graph and finding fresh memory for every intermediate at every
update costs as much as the arithmetic. All large intermediates live in buffers that are made once. Shapes: ``B``
images of ``D`` elements, ``P`` features of the noise level, width ``W``; every product runs over the models, ``bmm``
of ``(K, ., .)``.

    forward                                              backward, g the gradient at the line's left
    S = f E + l                                          dE = f' dS
    h_0 = [x, f] W_in + l_0                              dW_in = [x, f]' g,  d[l_0, l] = [g, dS], summed by label
    a_b = norm(h_b) W_up + S_b,  y_b = silu(a_b)         dS_b = silu'(a_b) dy,  dW_up = norm(h_b)' dS_b
    h_(b+1) = h_b + y_b W_down                           dW_down = y_b' g,  dy = g W_down'
    F = norm(h) W_out,  loss = mean (F - target)^2       dW_out = norm(h)' g

The tests hold it against autograd.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from samenoise.networks import ResidualMLP

__all__ = ["Stack"]

EPS = 1e-5
"""Of layer normalization, as in torch."""

Norm = tuple[Tensor, Tensor, Tensor]
"""Normalized rows, their means and the inverses of their standard deviations."""


class Stack:
    """Buffers and arithmetic for ``models`` networks like ``network``, at one batch size.

    Args:
        network: says the shapes; its weights are not used.
        models: K.
        batch: B.
    """

    def __init__(
        self,
        network: ResidualMLP,
        models: int,
        batch: int,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.network, self.blocks, self.width = network, network.blocks, network.width
        size, features, width = math.prod(network.shape), len(network.noise), network.width

        def buffer(*shape: int) -> Tensor:
            return torch.empty(models, batch, *shape, device=device, dtype=dtype)

        self.size = size
        self.joined = buffer(size + features)
        self.f = self.joined[..., size:]
        self.shifts, self.d_shifts = buffer(width * self.blocks), buffer(width * self.blocks)
        self.h = [buffer(width) for _ in range(self.blocks + 1)]
        self.a, self.y = [buffer(width) for _ in range(self.blocks)], [buffer(width) for _ in range(self.blocks)]
        self.out, self.d_width = buffer(size), buffer(width)
        self.told = buffer(width * (self.blocks + 1)) if network.rows else None  # what labels add, then its gradient

    def gradients(
        self,
        params: Mapping[str, Tensor],
        grads: Mapping[str, Tensor],
        x: Tensor,
        c_noise: Tensor,
        target: Tensor,
        rows: Tensor | None = None,
    ) -> Tensor:
        """Write the gradient of every model's own loss into ``grads``.

        Args:
            params, grads: by the network's parameter names, stacked: ``(K, in, out)``.
            x, target: scaled noisy images and what to predict, shape ``(K, B, *shape)``.
            c_noise: shape ``(K, B)``.
            rows: of the table of classes, int64 of shape ``(K, B)``, where the network has one.

        Returns:
            The losses, shape ``(K,)``.
        """
        norms = self._forward(params, x, c_noise, rows)
        error = self.out.sub_(target.flatten(2))
        losses = error.square().flatten(1).mean(1)
        self._backward(params, grads, norms, error.mul_(2 / error[0].numel()), rows)
        return losses

    def _forward(self, params: Mapping[str, Tensor], x: Tensor, c_noise: Tensor, rows: Tensor | None) -> list[Norm]:
        self.joined[..., : self.size] = x.flatten(2)
        self.f.copy_(self.network.features(c_noise))
        torch.bmm(self.f, params["noise"], out=self.shifts)
        torch.bmm(self.joined, params["inward"], out=self.h[0])
        if self.told is not None:
            torch.gather(params["labels"], 1, self._wide(rows), out=self.told)
            self.h[0].add_(self.told[..., : self.width])
            self.shifts.add_(self.told[..., self.width :])
        norms = []
        for b, shift in enumerate(torch.split(self.shifts, self.width, dim=-1)):
            norms.append(torch.native_layer_norm(self.h[b], (self.width,), None, None, EPS))
            torch.baddbmm(shift, norms[b][0], params[f"up.{b}"], out=self.a[b])
            torch.ops.aten.silu.out(self.a[b], out=self.y[b])
            torch.baddbmm(self.h[b], self.y[b], params[f"down.{b}"], out=self.h[b + 1])
        norms.append(torch.native_layer_norm(self.h[-1], (self.width,), None, None, EPS))
        torch.bmm(norms[-1][0], params["outward"], out=self.out)
        return norms

    def _backward(
        self,
        params: Mapping[str, Tensor],
        grads: Mapping[str, Tensor],
        norms: list[Norm],
        g_out: Tensor,
        rows: Tensor | None,
    ) -> None:
        torch.bmm(norms[-1][0].mT, g_out, out=grads["outward"])
        torch.bmm(g_out, params["outward"].mT, out=self.d_width)
        g = self._through_norm(self.d_width, self.blocks, norms)
        for b, d_shift in reversed(list(enumerate(torch.split(self.d_shifts, self.width, dim=-1)))):
            torch.bmm(self.y[b].mT, g, out=grads[f"down.{b}"])
            torch.bmm(g, params[f"down.{b}"].mT, out=self.d_width)
            torch.ops.aten.silu_backward.grad_input(self.d_width, self.a[b], grad_input=d_shift)
            torch.bmm(norms[b][0].mT, d_shift, out=grads[f"up.{b}"])
            torch.bmm(d_shift, params[f"up.{b}"].mT, out=self.d_width)
            g.add_(self._through_norm(self.d_width, b, norms))
        torch.bmm(self.joined.mT, g, out=grads["inward"])
        torch.bmm(self.f.mT, self.d_shifts, out=grads["noise"])
        if self.told is not None:
            self.told[..., : self.width], self.told[..., self.width :] = g, self.d_shifts
            grads["labels"].zero_().scatter_add_(1, self._wide(rows), self.told)

    def _wide(self, rows: Tensor | None) -> Tensor:
        assert self.told is not None
        assert rows is not None
        return rows[..., None].expand_as(self.told)

    def _through_norm(self, g: Tensor, b: int, norms: list[Norm]) -> Tensor:
        _, mean, inverse = norms[b]
        gradient: Tensor = torch.ops.aten.native_layer_norm_backward(
            g, self.h[b], (self.width,), mean, inverse, None, None, [True, False, False]
        )[0]
        return gradient
