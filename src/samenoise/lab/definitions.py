"""What the metrics that all experiments share mean, for readers of the report; those of one experiment are in its room.

Notation: a_i, b_i images of two generators at noise i; y_j training images; M the cosine of features;
τ the threshold.
"""

from __future__ import annotations

from samenoise.lab.experiment import Definition

__all__ = ["PFD", "RP", "SETUP", "SHARED", "TWINS", "agreement"]

SETUP = """\
import torch
from safetensors.torch import load_file
from samenoise.features import Pixel
from samenoise.metrics import *
from samenoise.noise import NoiseBank

# Files named samples.safetensors hold the pictures of one generator, in [-1, 1], and the numbers of their noises.
# g is the Gaussian of the training set.
drawn_a, drawn_b, drawn_g = load_file(path_a), load_file(path_b), load_file(path_g)
images_a, images_b, images_g = drawn_a["images"], drawn_b["images"], drawn_g["images"]
ids = drawn_a["ids"]
# Of the data set: `train`, the N training images of the row, and `heldout`, real images outside them.
pixel = Pixel(train.mean(0))
a, b, g = (pixel(images, ids, source="noises") for images in (images_a, images_b, images_g))
y = pixel(train, torch.arange(len(train)), source="train")
held = pixel(heldout, torch.arange(len(heldout)), source="heldout")
# For what is left of the noise in the pictures: the noise, and how real images vary.
z = NoiseBank(seed=0, shape=tuple(train.shape[1:]))[ids]
real = variation(train, heldout)
clean_a, clean_b = (pixel(cleaned(images, z, real), ids, source="noises") for images in (images_a, images_b))
"""

RP = "P[ M(aᵢ, bᵢ) > τ ]"
_MEMORIZED = "P[ maxⱼ M(aᵢ, yⱼ) > τ ]"
PFD = "√ meanᵢ ‖aᵢ − bᵢ‖²"

TWINS = ("_calibrated", "_auc", "_top1", "_beyond", "_clean")
"""What stands beside every kind of RP: see :mod:`samenoise.lab.pair_scores`."""


def agreement(metric: str, name: str, of: str, sentence: str) -> dict[str, Definition]:
    """A kind of RP and its twins.

    Args:
        of: what a and b are, for formulas; empty where they are any two.
        sentence: what RP of this kind says.
    """
    aside = f", {of}" if of else ""
    which = f" ({of})" if of else ""
    return {
        metric: Definition(name, f"{RP}{aside}", sentence, "rp(a, b)"),
        f"{metric}_calibrated": Definition(
            f"{name}, calibrated",
            f"{RP}{aside}, τ such that P[ M(aᵢ, bⱼ) > τ ] ≤ 1 % for i ≠ j",
            f"The same at the threshold that 1 % of mismatched pairs pass{which}.",
            "rp(a, b, threshold=rp_threshold(a, b))",
        ),
        f"{metric}_auc": Definition(
            f"{name}, AUC",
            f"P[ M(aᵢ, bᵢ) > M(aᵢ, bⱼ) ] + ½ P[ = ], i ≠ j, both ways{aside}",
            f"The chance that pictures from one noise are more alike than from two; by chance one half{which}.",
            "rp_auc(a, b)",
        ),
        f"{metric}_top1": Definition(
            f"{name}, top-1",
            f"P[ M(aᵢ, bᵢ) = maxⱼ M(aᵢ, bⱼ) ], both ways{aside}",
            f"Share of noises whose own partner is the most alike of all; by chance 1 of n{which}.",
            "rp_top1(a, b)",
        ),
        f"{metric}_beyond": Definition(
            f"{name}, beyond the Gaussian",
            f"P[ M(aᵢ, bᵢ) > M(aᵢ, gᵢ), M(bᵢ, gᵢ) ], g the Gaussian{aside}",
            f"Share of noises at which a and b are more alike than either is to what the Gaussian draws{which}.",
            "rp_beyond(a, b, (a, g), (b, g))",
        ),
        f"{metric}_clean": Definition(
            f"{name}, cleaned",
            f"{RP}, of pictures without the noise that is left in them{aside}",
            f"The same without what pictures hold of the noise they start at beyond what images can{which}.",
            "rp(clean_a, clean_b)",
        ),
    }


_CALIBRATED_COPIES = "τ such that ≤ 1 % of the even held-out real images pass; floor: the odd ones"
_COPIES_THRESHOLD = "threshold=calibrated_threshold(halves(memorized(held, y).similarity)[0])"

SHARED = {
    **agreement("rp", "RP", "", "Share of noises from which a and b draw the same picture."),
    "mae_score": Definition(
        "MAE score",
        "P[ mean |aᵢ − bᵢ| < 15 ] on levels 0 to 255",
        "Share of noises whose two pictures differ by less than 15 grey levels on average.",
        "mae_score(images_a, images_b)",
    ),
    "pfd": Definition(
        "PFD",
        PFD,
        "Probability flow distance: root mean squared distance of the pictures of a and b; no threshold.",
        "pfd(images_a, images_b)",
    ),
    **agreement(
        "rp_optimum",
        "RP with the optimum",
        "b the empirical optimum",
        "Share of noises from which a draws what the closed-form optimum of its training set draws.",
    ),
    **agreement(
        "rp_teacher",
        "RP with the truth",
        "b the true distribution's flow",
        "Share of noises from which a draws what the exact flow of the true distribution draws.",
    ),
    "memorized": Definition(
        "Memorized",
        _MEMORIZED,
        "Share of pictures that match some training image.",
        "memorized(a, y).score",
    ),
    "gl": Definition("GL", f"1 − {_MEMORIZED}", "Share of pictures that match no training image.", "gl(a, y).score"),
    "memorized_calibrated": Definition(
        "Memorized, calibrated",
        f"{_MEMORIZED}, {_CALIBRATED_COPIES}",
        "Share of copies at the threshold that 1 % of one half of the held-out real images pass.",
        f"memorized(a, y, {_COPIES_THRESHOLD}).score",
    ),
    "gl_calibrated": Definition(
        "GL, calibrated",
        f"1 − {_MEMORIZED}, {_CALIBRATED_COPIES}",
        "Share of pictures that match no training image at the threshold that 1 % of one half of the held-out real "
        "images pass.",
        f"gl(a, y, {_COPIES_THRESHOLD}).score",
    ),
    "memorized_heldout": Definition(
        "Memorized, held-out",
        f"{_MEMORIZED}, aᵢ held-out real images",
        "The floor of memorized: real images that no network has seen, put to the same question.",
        "memorized(held, y).score",
    ),
    "memorized_excess": Definition(
        "Memorized, in excess",
        "(m − f) / (1 − f), m memorized, f the share of held-out real images that pass",
        "The share of copies beyond what real images pass for.",
        "memorized_excess(memorized(a, y).score, memorized(held, y).score)",
    ),
    "nn_ratio": Definition(
        "NN ratio",
        "P[ d(aᵢ, y₍₁₎) < ⅓ d(aᵢ, y₍₂₎) ], d in pixels",
        "Share of pictures that are three times nearer to one training image than to any other.",
        "nn_ratio(images_a, train).score",
    ),
    "nn_distance": Definition(
        "Distance to the data",
        "median minⱼ ‖aᵢ − yⱼ‖, y the largest training set, in pixels",
        "How far pictures are from the nearest real image; the floor is that of real images, held out where there are "
        "any. Much above it, a network does not draw pictures of the data yet, and its agreement with others says "
        "nothing.",
        "nn_distance(images_a, train)",
    ),
    "e_gen": Definition(
        "E_gen",
        f"{PFD}, b the true distribution's flow",
        "Distance of a from the truth: root mean squared distance from what the true flow draws.",
        "pfd(images_a, images_b)",
    ),
    "e_mem": Definition(
        "E_mem",
        f"{PFD}, b the empirical optimum",
        "Distance of a from its training set's optimum.",
        "pfd(images_a, images_b)",
    ),
    **agreement(
        "rp_gaussian",
        "RP with the Gaussian",
        "b the Gaussian of the training set",
        "Share of noises from which a draws what the closed-form Gaussian of its training set draws.",
    ),
    "mmd": Definition(
        "Distance of distributions",
        "MMD² of aᵢ and held-out real images, RBF kernel",
        "How far the pictures are from real images as a whole: 0 on average where both come from one distribution; the "
        "floor is that of training images.",
        "mmd(a, held, RBF.of(held))",
    ),
    "mmd_gap": Definition(
        "Gap from the Gaussian's distance",
        "MMD²(a, held-out) − MMD²(g, held-out)",
        "Below 0, pictures are nearer to real images than what the Gaussian of the training set draws: learnt.",
        "mmd_gap(a, g, held, RBF.of(held))",
    ),
    "leftover": Definition(
        "Leftover noise",
        "slope of aᵢ on zᵢ in the directions in which real images hardly vary",
        "How much of the noise that a picture starts at is still in it, as a standard deviation; the floor is the most "
        "that pictures which vary as images do can have. Both sides have the same, and agree by it.",
        "leftover(images_a, z, real).score",
    ),
    "unseen_loss": Definition(
        "Loss on unseen images",
        "mean of the training loss over held-out images, at the end of the training",
        "What the network was trained for, on images that it has not seen.",
        "average(losses[-1])  # losses[look, image]: `loss` of unseen.safetensors, of this network",
    ),
    "unseen_change": Definition(
        "Change of the loss on unseen images",
        "L(U) / L(U/2) − 1, U the updates",
        "By what share the loss on unseen images changed with the last doubling of the updates: while it falls, more "
        "training would help; where it rises, the network learns its own images by heart.",
        "change(losses[-3], losses[-1])",
    ),
}
"""Metrics that the ledger of every experiment knows how to fill in."""
