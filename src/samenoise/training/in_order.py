"""Gradients of the parts of a batch, added up in the order of the parts, whichever process computed which.

    ((g_0 + g_1) + g_2) + ...

is what one process adds up that computes one part after the other. Sums of floats depend on their order, and a
collective sum has whatever order suits its number of processes: so gradients are gathered, and every process adds them
up for itself. All of them then make the same step, and it is the step of one process, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["InOrder"]


class InOrder:
    """The sum over the parts of one update, process ``r`` of ``R`` computing the parts ``r``, ``r + R``, ...

    Args:
        params: what is trained; their gradients are taken from ``grad`` and put there.
    """

    def __init__(self, params: Sequence[Tensor]) -> None:
        self.params, self.sum = params, torch.empty(0)

    def add(self, loss: Tensor) -> None:
        """To be called by all processes, each with the gradients and the loss of its next part."""
        mine = torch.cat([loss.reshape(1), *(self._taken(p).flatten() for p in self.params)])
        each = [torch.empty_like(mine) for _ in range(torch.distributed.get_world_size())]
        torch.distributed.all_gather(each, mine)
        for part in each:
            self.sum = self.sum.add_(part) if len(self.sum) else part

    def put(self) -> Tensor:
        """Give the parameters the sum of their gradients; returns that of the losses."""
        sizes = [1, *(p.numel() for p in self.params)]
        loss, *grads = torch.split(self.sum, sizes)
        for p, grad in zip(self.params, grads, strict=True):
            p.grad = torch.empty_like(p).copy_(grad.view_as(p))  # it lies in memory as its parameter does
        return loss[0]

    @staticmethod
    def _taken(p: Tensor) -> Tensor:
        grad, p.grad = p.grad, None
        return torch.zeros_like(p) if grad is None else grad  # nothing of the loss depends on it
