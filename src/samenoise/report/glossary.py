"""Words of findings, each in a sentence: those that occur are explained below them."""

from __future__ import annotations

import re

__all__ = ["WORDS", "glossary"]

WORDS = {
    "N": (r"\bN\b", "number of training images"),
    "noise": (
        r"\bnoises?\b",
        "random numbers that a diffusion model starts from; the same noise gives the same picture each time",
    ),
    "RP": (r"\bRP\b", "reproducibility: share of noises from which two models draw the same picture"),
    "the same picture": (
        r"same picture",
        "two pictures that are more alike than the threshold of the run; the page of scores has every other threshold",
    ),
    "copy": (r"\bcop(?:y|ies)\b", "a picture that is the same as a training image"),
    "held-out real images": (
        r"held[- ]out|held out|real images",
        "real pictures that no model was trained on: what passes for a copy among them is none",
    ),
    "calibrated threshold": (r"calibrated", "the threshold that 1 % of held-out real images pass"),
    "nearest-neighbour ratio": (
        r"nearest-neighbour ratio",
        "a copy is three times nearer to one training image than to any other",
    ),
    "floor": (r"\bfloor\b|by chance", "what chance alone would score"),
    "the Gaussian": (
        r"Gaussian|mean and covariance|[Ss]econd-order",
        "the best that can be drawn by who knows only how bright each pixel is on average, and how pixels go together "
        "in pairs",
    ),
    "closed-form optimum": (
        r"optimum",
        "what a network that has learnt its training images perfectly would draw: nothing but copies of them",
    ),
    "disjoint": (r"disjoint", "two sets of training images that share none"),
    "generalization": (r"generaliz", "drawing new pictures of what the training images have in common"),
    "loss on images it has not seen": (
        r"\bloss\b",
        "the error of the network in taking noise off real pictures that it was not trained on",
    ),
    "overfits": (r"overfit", "goes on learning its own training images, at the cost of all others"),
    "width": (
        r"\bwidth\b|\bwide\b|[Ww]ider",
        "size of a network: twice the width is about four times the numbers to train",
    ),
    "update": (r"\bupdates\b", "a step of the training"),
    "95 % interval": (r"95.% interval", "where the true value lies, 19 times in 20"),
}
"""Word -> a pattern of its forms, and what it means."""


def glossary(text: str) -> list[tuple[str, str]]:
    """The words that occur in a text, and what they mean."""
    return [(word, meaning) for word, (pattern, meaning) in WORDS.items() if re.search(pattern, text)]
