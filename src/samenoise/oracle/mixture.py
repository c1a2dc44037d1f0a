"""The optimal denoiser of a mixture of Gaussians: a *true* distribution with a known flow and unlimited samples.

With weights ``pi_k``, means ``m_k`` and covariances ``C_k``, component ``k`` explains ``x_t`` with probability

    rho_k = softmax_k( log pi_k + log N(x_t; alpha m_k, alpha^2 C_k + sigma^2 I) )

and ``D(x_t, t) = sum_k rho_k D_k(x_t, t)`` with the Gaussian denoiser ``D_k`` of each (see ``gaussian.py``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from samenoise.denoiser import Denoiser
from samenoise.noise import Bank
from samenoise.oracle.gaussian import Spectrum, exact, require_moments
from samenoise.process import Process

__all__ = ["Mixture"]


class Mixture(Denoiser):
    """The posterior mean of a mixture of Gaussians. A condition is the number of a component: ``D`` is then that of
    the component alone.

    Args:
        weights: positive, shape ``(K,)``; their scale does not matter.
        means: shape ``(K, *shape)``.
        covariances: shape ``(K, D, D)`` with ``D`` the elements of an image, of any rank; or their :class:`Spectrum`.
        process: whose ``x_t`` it takes.

    Raises:
        ValueError: numbers or sizes of weights, means and covariances differ, or one is not finite; when called, a
            condition is no component.
    """

    def __init__(self, weights: Tensor, means: Tensor, covariances: Tensor | Spectrum, process: Process) -> None:
        self.process, self.shape = process, tuple(means.shape[1:])
        self.weights, self.means = exact(weights), exact(means).flatten(1)
        self.spectrum = covariances if isinstance(covariances, Spectrum) else Spectrum.full(covariances)
        require_moments(self.means, self.spectrum)
        if self.weights.shape != (len(self.means),) or not bool(((self.weights > 0) & self.weights.isfinite()).all()):
            raise ValueError(f"each component has a weight above 0, got {self.weights.tolist()} for {len(self.means)}")

    @classmethod
    def low_rank(
        cls, weights: Tensor, means: Tensor, factors: Tensor, noise: Tensor | float, process: Process
    ) -> Mixture:
        """With covariances ``factors_k factors_k^T + noise_k I``, for factors of shape ``(K, D, r)`` and variances
        ``noise`` of shape ``(K,)`` or one for all."""
        return cls(weights, means, Spectrum.low_rank(factors, noise), process)

    @classmethod
    def fit(cls, images: Tensor, components: int, process: Process, reg_covar: float = 1e-3, seed: int = 0) -> Mixture:
        """Expectation maximisation on images of shape ``(N, *shape)`` by scikit-learn, with full covariances.

        ``reg_covar`` is added to every variance, so that no component collapses onto an image."""
        from sklearn.mixture import GaussianMixture

        gm = GaussianMixture(components, reg_covar=reg_covar, random_state=seed)
        gm.fit(images.flatten(1).double().numpy())
        weights, means, covariances = (torch.from_numpy(x) for x in (gm.weights_, gm.means_, gm.covariances_))
        return cls(weights, means.reshape(components, *images.shape[1:]), covariances, process)

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor | None = None) -> Tensor:
        alpha, sigma = (c.reshape(-1, 1) for c in self.process.alpha_sigma(t))
        estimates, log_density = self.spectrum.posterior(x_t.flatten(1), self.means.unsqueeze(1), alpha, sigma)
        if cond is not None:
            if not bool(((cond >= 0) & (cond < len(self.weights))).all()):
                raise ValueError(f"the components are 0 .. {len(self.weights) - 1}, got {torch.unique(cond).tolist()}")
            return estimates[cond, torch.arange(len(x_t), device=x_t.device)].view_as(x_t)
        responsibility = (log_density + self.weights.log().unsqueeze(1).to(x_t)).softmax(0)
        return torch.einsum("kb,kbd->bd", responsibility, estimates).view_as(x_t)

    def sample(self, bank: Bank, ids: Sequence[int] | Tensor) -> tuple[Tensor, Tensor]:
        """Exact samples, a pure function of bank and id.

        Args:
            bank: unit noise of shape ``(1 + D,)``: its first element picks the component by the normal distribution
                function, the others are the noise ``z`` of ``m_k + C_k^(1/2) z``. Its seed should not be that of a bank
                that images are generated from.
            ids: noise numbers, in the order wanted.

        Returns:
            Float32 images, shape ``(len(ids), *shape)``, and their components, int64 of shape ``(len(ids),)``.

        Raises:
            ValueError: for a bank of another shape.
        """
        wanted = (1 + math.prod(self.shape),)
        if tuple(bank.shape) != wanted:
            raise ValueError(f"sampling this mixture takes a noise bank of shape {wanted}, got {tuple(bank.shape)}")
        noise = bank[ids].double()
        edges = self.weights.cumsum(0)
        components = torch.searchsorted(edges, torch.special.ndtr(noise[:, 0]) * edges[-1])
        images = noise[:, 1:].clone()
        # One by one: a matrix product over a batch may round an image differently in another batch.
        for i, k in enumerate(components.tolist()):
            images[i] = self.means[k] + self.spectrum[k].root(images[i])
        return images.float().reshape(-1, *self.shape), components

    def state(self) -> dict[str, Tensor]:
        """All there is to store, as float64 tensors; :meth:`from_state` is the inverse."""
        spectrum = {"basis": self.spectrum.basis, "variances": self.spectrum.variances, "rest": self.spectrum.rest}
        return {"weights": self.weights, "means": self.means.reshape(-1, *self.shape), **spectrum}

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor], process: Process) -> Mixture:
        """The mixture that :meth:`state` came from, under any process."""
        spectrum = Spectrum(state["basis"], state["variances"], state["rest"])
        return cls(state["weights"], state["means"], spectrum, process)
