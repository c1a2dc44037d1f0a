"""What the metrics of ``lowrank`` mean."""

from __future__ import annotations

from samenoise.lab.experiment import Definition

__all__ = ["METRICS"]

_J = "J = ∂D(x_t, t)/∂x_t at x_t = αy + σz, s₁ ≥ s₂ ≥ … its singular values"
_IMPORTS = "from samenoise.experiments.lowrank.jacobian import *; singular = full(denoiser, x_t, t)"
_FOUND = "Û the first d left singular vectors of J at αy + σz, y a fresh sample"
_SUBSPACES = "from samenoise.experiments.lowrank.subspaces import *"

METRICS = {
    "jacobian_rank": Definition(
        "Rank of the Jacobian",
        f"min r: Σᵢ≤ᵣ sᵢ² > 0.99² Σᵢ sᵢ², {_J}",
        "Directions of the noisy image that the estimate follows, nearly all of them by energy; mean over images. "
        "Floor: the empirical optimum; ceiling: numbers in an image.",
        f"{_IMPORTS}; numerical_rank(singular).double().mean()",
    ),
    "jacobian_entropy_rank": Definition(
        "Rank of the Jacobian, by entropy",
        f"exp(−Σᵢ pᵢ ln pᵢ), pᵢ = sᵢ / Σⱼ sⱼ, {_J}",
        "The same without a threshold: how many equal singular values would be as spread out. Baselines as for the "
        "rank.",
        f"{_IMPORTS}; entropy_rank(singular).mean()",
    ),
    "jacobian_gain": Definition(
        "Gain",
        f"s₁, {_J}",
        "How much of a change of the noisy image comes through at most. A rank is a share and does not say it: where "
        "the gain is next to nothing, the rank is of next to nothing. Floor: the empirical optimum.",
        f"{_IMPORTS}; singular.values[:, 0].mean()",
    ),
    "rank_dip_sigma": Definition(
        "Noise level of the lowest rank",
        "argmin_σ of the rank at held-out images",
        "At which of the noise levels σ/α the fewest directions are followed; an end of them is no dip.",
        "sigmas[ranks.mean(0).argmin()]  # ranks[i, s]: at held-out image i and level s",
    ),
    "rank_dip_depth": Definition(
        "Depth of the dip",
        "min(rank at the lowest σ, rank at the highest σ) − rank at σ*, σ* between them",
        "How much lower the rank is between the ends than at the lower end; negative where it is not. σ* is where the "
        "other half of the held-out images has its lowest rank, so that noise makes no dip.",
        "from samenoise.experiments.lowrank.ranks import depth; depth(ranks[None]).value",
    ),
    "rank_copy_gap": Definition(
        "Copying in the rank",
        "rank at held-out images − rank at training images, at one low σ",
        "A network that copies lets fewer directions through near what it has copied than near images that it has not "
        "seen. One that has learnt the distribution makes no difference. Floor: the empirical optimum.",
        "ranks_heldout[:, s].mean() - ranks_train[:, s].mean()",
    ),
    "subspace_error": Definition(
        "Subspace not found",
        f"√(1 − ‖UᵀÛ‖² / d), U the subspace of the component of y, {_FOUND}",
        "What the network has not found of the directions in which its data differ; 0 is all found. Floor: PCA of the "
        "training samples of the component, told which they are; ceiling: random directions.",
        f"{_SUBSPACES}; recovery_error(bases[k], singular.left[:, :, :d].double()).mean()",
    ),
    "subspace_span_error": Definition(
        "Outside of all subspaces",
        f"√(1 − ‖Wᵀ Û‖² / d), W the subspaces of all components together, {_FOUND}",
        "How far the directions that a network follows lead out of the span of all components, whichever they belong "
        "to. Floor: PCA of all training samples; ceiling: random directions.",
        f"{_SUBSPACES}; "
        "(1 - energy_in(torch.cat(list(bases), 1), singular.left[:, :, :d].double())).clamp(min=0).sqrt().mean()",
    ),
    "subspace_rank": Definition(
        "Rank beside the subspaces",
        f"min r: Σᵢ≤ᵣ sᵢ² > 0.99² Σᵢ sᵢ², {_J}, y fresh samples or samples trained on",
        "What the error does not tell: whether more than the d directions are followed, and whether fewer at what was "
        "trained on. Floor: the exact mixture; ceiling: numbers in an image.",
        f"{_IMPORTS}; numerical_rank(singular).double().mean()",
    ),
    "subspace_samples_half": Definition(
        "N/d for half of a subspace",
        "N/d at which the subspace error falls through ½, linear in log N/d",
        "How many training images of a component a network needs for each dimension of it. Floor: PCA, which is at one "
        "half with ¾ of d images and has all with d.",
        "from samenoise.experiments.lowrank.recovery import crossing; crossing(per_dimension, errors)",
    ),
}
