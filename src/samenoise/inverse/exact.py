"""The posterior of a Gaussian or a mixture of Gaussians under a linear measurement: a mixture of Gaussians again.

With ``y = A x + s n`` and prior components ``pi_k N(m_k, C_k)``, ``S_k = A C_k A' + s^2 I`` and
``K_k = C_k A' S_k^-1``,

    m_k|y = m_k + K_k (y - A m_k)      C_k|y = (I - K_k A) C_k      pi_k|y ~ pi_k N(y; A m_k, S_k)

It is a denoiser with an exact flow, which approximate posterior sampling is held against. Float64 on the CPU, with
``A`` as a dense matrix: for small images.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from samenoise.inverse.operator import LinearOperator
from samenoise.oracle import Gaussian, Mixture
from samenoise.oracle.gaussian import exact

__all__ = ["dense", "posterior"]


def dense(operator: LinearOperator) -> Tensor:
    """``A`` as a matrix, float64 of shape ``(numbers measured, numbers of an image)``."""
    size = math.prod(operator.shape)
    columns = operator.forward(torch.eye(size, dtype=torch.float64).reshape(size, *operator.shape))
    return columns.flatten(1).T.contiguous()


def posterior(prior: Gaussian | Mixture, operator: LinearOperator, y: Tensor, noise: float) -> Mixture:
    """The distribution of the image, given one measurement.

    Args:
        prior: the distribution of images.
        y: shape ``measured``, or ``(1, *measured)``.
        noise: s, the standard deviation of the noise on ``y``, above 0.

    Returns:
        Its optimal denoiser, under the process of the prior; :meth:`Mixture.sample` draws from it.
    """
    A, seen = dense(operator), exact(y).flatten()
    if isinstance(prior, Gaussian):
        weights, means = torch.ones(1, dtype=torch.float64), prior.mean
        covariances = _whole(prior.spectrum.basis, prior.spectrum.variances, prior.spectrum.rest)[None]
    else:
        weights, means = prior.weights, prior.means
        spectrum = prior.spectrum
        covariances = torch.stack(
            [_whole(*each) for each in zip(spectrum.basis, spectrum.variances, spectrum.rest, strict=True)]
        )
    S = A @ covariances @ A.T + noise**2 * torch.eye(len(A), dtype=torch.float64)
    gain = torch.linalg.solve(S, A @ covariances).mT
    off = seen - means @ A.T
    found = means + (gain @ off.unsqueeze(-1)).squeeze(-1)
    left = covariances - gain @ A @ covariances
    root = torch.linalg.cholesky(S)
    scaled = torch.linalg.solve_triangular(root, off.unsqueeze(-1), upper=False)
    log_density = -scaled.square().sum((1, 2)) / 2 - root.diagonal(dim1=1, dim2=2).log().sum(1)
    log_weights = weights.log() + log_density
    shape = (len(weights), *prior.shape)
    return Mixture((log_weights - log_weights.max()).exp(), found.reshape(shape), (left + left.mT) / 2, prior.process)


def _whole(basis: Tensor, variances: Tensor, rest: Tensor) -> Tensor:
    """A covariance as a matrix, from its :class:`~samenoise.oracle.gaussian.Spectrum`."""
    inside = basis @ basis.T
    return basis * variances @ basis.T + rest * (torch.eye(len(basis), dtype=torch.float64) - inside)
