"""The optimal denoiser of a Gaussian, and the flow it makes, in the eigenbasis of the covariance ``C``.

``x_t ~ N(alpha m, S)`` with ``S = alpha^2 C + sigma^2 I``, and

    D(x_t, t) = m + alpha C S^-1 (x_t - alpha m).

Along an eigenvector of variance ``v``, with ``s^2 = alpha^2 v + sigma^2``, the noise estimate is
``eps = sigma (x_t - alpha m) / s^2``, so ``dx = D d(alpha) + eps d(sigma)`` reads

    d(x - alpha m) = (x - alpha m) d(s^2) / (2 s^2):

the distance from the mean keeps its proportion to ``s``. From ``T`` to ``t`` the probability flow is therefore

    x_t - alpha_t m = (s_t / s_T) (x_T - alpha_T m).

along each eigenvector. Neither formula divides by alpha; both hold where it is 0. Eigenvalues and coefficients are
float64 on the CPU, like times.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from samenoise.denoiser import Denoiser
from samenoise.process import Process

__all__ = ["Gaussian", "Spectrum"]


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Covariances by their eigenvectors: ``v_j`` along column ``j`` of ``basis``, ``rest`` in every direction outside.

    One class for full covariances (``r = D``) and low-rank ones; ``...`` stands for nothing or for ``K`` components.

    Attributes:
        basis: orthonormal columns, float64, shape ``(..., D, r)``.
        variances: shape ``(..., r)``.
        rest: shape ``(...)``.
    """

    basis: Tensor
    variances: Tensor
    rest: Tensor
    _casts: dict[tuple[torch.device, torch.dtype], Tensor] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def full(cls, covariance: Tensor) -> Spectrum:
        """From covariances of shape ``(..., D, D)``, of any rank."""
        variances, basis = torch.linalg.eigh(exact(covariance))
        return cls(basis.contiguous(), variances.clamp(min=0.0), variances.new_zeros(variances.shape[:-1]))

    @classmethod
    def low_rank(cls, factors: Tensor, noise: Tensor | float) -> Spectrum:
        """Of ``factors factors^T + noise I``, for factors of shape ``(..., D, r)`` and variances ``noise`` of shape
        ``(...)`` or one for all, zero or more.

        Raises:
            ValueError: a variance is negative, NaN or infinite.
        """
        basis, singular, _ = torch.linalg.svd(exact(factors), full_matrices=False)
        rest = exact(torch.as_tensor(noise)).expand(singular.shape[:-1])
        if not bool(((rest >= 0) & rest.isfinite()).all()):
            raise ValueError(f"a variance is finite and at least 0, got {rest.flatten().tolist()}")
        return cls(basis.contiguous(), singular**2 + rest.unsqueeze(-1), rest.contiguous())

    def __getitem__(self, k: int) -> Spectrum:
        return Spectrum(self.basis[k], self.variances[k], self.rest[k])

    @property
    def outside(self) -> int:
        """Dimensions outside the basis."""
        return self.basis.shape[-2] - self.basis.shape[-1]

    def split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Coordinates of ``x`` ``(..., batch, D)`` along the basis, and what is left of it outside."""
        basis = self._basis(x)
        along = x @ basis
        return along, x - along @ basis.mT if self.outside else x.new_zeros(())

    def join(self, along: Tensor, outside: Tensor) -> Tensor:
        """The inverse of :meth:`split`."""
        return along @ self._basis(along).mT + outside

    def marginal(self, alpha: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """Variances of ``x_t`` along the basis, ``(..., n, r)``, and outside, ``(..., n, 1)``, for ``alpha`` and
        ``sigma`` of shape ``(n, 1)``."""
        a2, s2 = alpha**2, sigma**2
        return a2 * self.variances.unsqueeze(-2) + s2, a2 * self.rest[..., None, None] + s2

    def posterior(self, x: Tensor, mean: Tensor, alpha: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """``E[x_0 | x_t]``, and the log-density of ``x_t`` up to a constant that all spectra share.

        Args:
            x: ``x_t``, shape ``(batch, D)``.
            mean: shape ``(..., 1, D)``.
            alpha, sigma: float64 of shape ``(1, 1)`` or ``(batch, 1)``, ``sigma > 0``.

        Returns:
            Shapes ``(..., batch, D)`` and ``(..., batch)``.
        """
        mean = mean.to(x)
        along, outside = self.split(x - alpha.to(x) * mean)
        var_along, var_outside = self.marginal(alpha, sigma)
        gain = alpha * self.variances.unsqueeze(-2) / var_along
        gain_outside = alpha * self.rest[..., None, None] / var_outside
        estimate = mean + self.join(gain.to(x) * along, gain_outside.to(x) * outside)
        log_volume = var_along.log().sum(-1) + self.outside * var_outside.log().squeeze(-1)
        distance2 = (along**2 / var_along.to(x)).sum(-1) + (outside**2 / var_outside.to(x)).sum(-1)
        return estimate, -0.5 * (log_volume.to(x) + distance2)

    def root(self, z: Tensor) -> Tensor:
        """``C^(1/2) z`` of one unit noise, shape ``(D,)``, for one covariance: a sample of ``N(0, C)``."""
        along, outside = self.split(z)
        return self.join(self.variances.sqrt().to(z) * along, self.rest.sqrt().to(z) * outside)

    def _basis(self, like: Tensor) -> Tensor:
        key = like.device, like.dtype
        if key not in self._casts:
            self._casts[key] = self.basis.to(like)
        return self._casts[key]


class Gaussian(Denoiser):
    """The posterior mean of ``N(mean, covariance)``.

    Args:
        mean: shape ``shape``.
        covariance: shape ``(D, D)`` with ``D`` the elements of an image, of any rank; or its :class:`Spectrum`.
        process: whose ``x_t`` it takes.
    """

    def __init__(self, mean: Tensor, covariance: Tensor | Spectrum, process: Process) -> None:
        self.process, self.shape = process, tuple(mean.shape)
        self.mean = exact(mean).reshape(1, -1)
        self.spectrum = covariance if isinstance(covariance, Spectrum) else Spectrum.full(covariance)
        require_moments(self.mean, self.spectrum)

    @classmethod
    def fit(cls, images: Tensor, process: Process) -> Gaussian:
        """From images of shape ``(N, *shape)``, by the moments of their empirical distribution: the covariance is a sum
        divided by N.

        Raises:
            ValueError: an image holds NaN or infinity.
        """
        parts = torch.split(images.flatten(1).cpu(), 4096)
        mean = torch.stack([part.sum(0, dtype=torch.float64) for part in parts]).sum(0) / len(images)
        if not bool(mean.isfinite().all()):
            raise ValueError("a Gaussian cannot be fitted to images that hold NaN or infinity")
        if len(images) < len(mean):  # of rank N - 1 at most: the images themselves are the factors
            factors = (torch.cat(parts) - mean).T / math.sqrt(len(images))
            spectrum = Spectrum.low_rank(factors, 0.0)
        else:
            covariance = torch.zeros(len(mean), len(mean), dtype=torch.float64)
            for part in parts:
                covariance.addmm_((part - mean).T, part - mean)
            spectrum = Spectrum.full(covariance / len(images))
        return cls(mean.reshape(images.shape[1:]), spectrum, process)

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        if cond is not None:
            raise ValueError("a Gaussian has no classes to condition on")
        alpha, sigma = (c.reshape(-1, 1) for c in self.process.alpha_sigma(t))
        estimate, _ = self.spectrum.posterior(x_t.flatten(1), self.mean, alpha, sigma)
        return estimate.view_as(x_t)

    def flow(self, z: Tensor, t: float = 0.0) -> Tensor:
        """The probability flow from ``x_T = sigma(T) z`` to time ``t`` in closed form; at ``t = 0`` it is the image.

        Takes and returns shape ``(batch, *shape)``."""
        alpha, sigma = self.process.alpha_sigma(torch.tensor([self.process.T, t], dtype=torch.float64))
        var_along, var_outside = self.spectrum.marginal(alpha.unsqueeze(1), sigma.unsqueeze(1))  # rows: T and t
        shrink, shrink_outside = ((v[1] / v[0]).sqrt().to(z) for v in (var_along, var_outside))
        (a_T, a_t), (s_T, _) = alpha.tolist(), sigma.tolist()
        mean = self.mean.to(z)
        along, outside = self.spectrum.split(s_T * z.flatten(1) - a_T * mean)
        image: Tensor = a_t * mean + self.spectrum.join(shrink * along, shrink_outside * outside)
        return image.view_as(z)


def require_moments(means: Tensor, spectrum: Spectrum) -> None:
    """Raise a ``ValueError`` unless means of shape ``(K, D)`` are finite, and covariances too and of their size."""
    if spectrum.basis.shape[-2] != means.shape[-1] or spectrum.basis.shape[:-2].numel() != len(means):
        raise ValueError(
            f"{len(means)} means of {means.shape[-1]} numbers need as many covariances of their size, got "
            f"{spectrum.basis.shape[:-2].numel()} of {spectrum.basis.shape[-2]}"
        )
    if not bool(means.isfinite().all() and spectrum.variances.isfinite().all() and spectrum.rest.isfinite().all()):
        raise ValueError("a mean or a covariance holds NaN or infinity")


def exact(x: Tensor) -> Tensor:
    """As float64 on the CPU."""
    return x.detach().to("cpu", torch.float64)
