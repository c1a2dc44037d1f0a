"""Oracles: denoisers known in closed form, for the distributions a trained network is compared with.

Each is ``E[x_0 | x_t]`` of one distribution of ``x_0``, in the dtype of ``x_t``, for any process wherever
``sigma > 0``; where ``alpha`` is 0 it is the mean of the distribution:

    Empirical   the training images themselves: what a network that memorizes learns
    Gaussian    their mean and covariance: what second-order statistics alone explain
    Mixture     a mixture of Gaussians: a true distribution with a known flow and unlimited samples
    ByClass     any of these for each class, by label
"""

from __future__ import annotations

from samenoise.oracle.by_class import ByClass
from samenoise.oracle.empirical import Empirical
from samenoise.oracle.gaussian import Gaussian, Spectrum
from samenoise.oracle.mixture import Mixture

__all__ = ["ByClass", "Empirical", "Gaussian", "Mixture", "Spectrum"]
