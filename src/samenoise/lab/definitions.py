"""What the metrics that all experiments share mean, for readers of the report; those of one experiment are in its room.

Notation: a_i, b_i images of two generators at noise i; y_j training images; M the cosine of features;
τ the threshold.
"""

from __future__ import annotations

from samenoise.lab.experiment import Definition

__all__ = ["CALIBRATED_RP", "PFD", "RP", "RP_CODE", "SETUP", "SHARED"]

SETUP = """\
import torch
from safetensors.torch import load_file
from samenoise.features import Pixel
from samenoise.metrics import *

# Files named samples.safetensors hold the pictures of one generator, in [-1, 1], and the numbers of their noises.
drawn_a, drawn_b = load_file(path_a), load_file(path_b)
images_a, images_b = drawn_a["images"], drawn_b["images"]
# Of the data set: `train`, the N training images of the row, and `heldout`, real images outside them.
pixel = Pixel(train.mean(0))
a = pixel(images_a, drawn_a["ids"], source="noises")
b = pixel(images_b, drawn_b["ids"], source="noises")
y = pixel(train, torch.arange(len(train)), source="train")
held = pixel(heldout, torch.arange(len(heldout)), source="heldout")
"""

RP = "P[ M(aᵢ, bᵢ) > τ ]"
_MEMORIZED = "P[ maxⱼ M(aᵢ, yⱼ) > τ ]"
PFD = "√ meanᵢ ‖aᵢ − bᵢ‖²"

CALIBRATED_RP = "τ such that P[ M(aᵢ, bⱼ) > τ ] ≤ 1 % for i ≠ j"
_CALIBRATED_COPIES = "τ such that ≤ 1 % of the even held-out real images pass; floor: the odd ones"
RP_CODE = "rp(a, b, threshold=rp_threshold(a, b))"
_COPIES_THRESHOLD = "threshold=calibrated_threshold(halves(memorized(held, y).similarity)[0])"

SHARED = {
    "rp": Definition("RP", RP, "Share of noises from which a and b draw the same picture.", "rp(a, b)"),
    "rp_calibrated": Definition(
        "RP, calibrated",
        f"{RP}, {CALIBRATED_RP}",
        "RP at the threshold that 1 % of mismatched pairs pass.",
        RP_CODE,
    ),
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
    "rp_optimum": Definition(
        "RP with the optimum",
        f"{RP}, b the empirical optimum",
        "Share of noises from which a draws what the closed-form optimum of its training set draws.",
        "rp(a, b)",
    ),
    "rp_optimum_calibrated": Definition(
        "RP with the optimum, calibrated",
        f"{RP}, b the empirical optimum, {CALIBRATED_RP}",
        "RP with the closed-form optimum at the threshold that 1 % of mismatched pairs pass.",
        RP_CODE,
    ),
    "rp_teacher": Definition(
        "RP with the truth",
        f"{RP}, b the true distribution's flow",
        "Share of noises from which a draws what the exact flow of the true distribution draws.",
        "rp(a, b)",
    ),
    "rp_teacher_calibrated": Definition(
        "RP with the truth, calibrated",
        f"{RP}, b the true distribution's flow, {CALIBRATED_RP}",
        "RP with the exact flow of the true distribution at the threshold that 1 % of mismatched pairs pass.",
        RP_CODE,
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
    "rp_gaussian": Definition(
        "RP with the Gaussian",
        f"{RP}, b the Gaussian of the training set",
        "Share of noises from which a draws what the closed-form Gaussian of its training set draws.",
        "rp(a, b)",
    ),
    "rp_gaussian_calibrated": Definition(
        "RP with the Gaussian, calibrated",
        f"{RP}, b the Gaussian of the training set, {CALIBRATED_RP}",
        "RP with the closed-form Gaussian at the threshold that 1 % of mismatched pairs pass.",
        RP_CODE,
    ),
}
"""Metrics that the ledger of every experiment knows how to fill in."""
