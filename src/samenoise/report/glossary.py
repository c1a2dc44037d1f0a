"""Words of a report, each in a sentence: on the page they are explained where they stand, and those of findings once
more below them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup

__all__ = ["WORDS", "explained", "glossary"]

WORDS = {
    "N": (r"\bN\b", "number of training images"),
    "noise": (
        r"(?<!within the )(?<!beyond the )\bnoises?\b",
        "random numbers that a diffusion model starts from; the same noise gives the same picture each time",
    ),
    "RP": (r"\bRP\b", "reproducibility: share of noises from which two models draw the same picture"),
    "GL": (r"\bGL\b", "generalization: share of pictures that match no training image, and so are no copies"),
    "AUC": (
        r"\bAUC\b",
        "the chance that two pictures from the same noise are more alike than two from different ones, one half where "
        "the noise does not matter",
    ),
    "mlp-128/a": (
        r"\b(?:mlp|unet|ncsnpp|uvit|dit)-\d+/[ab]\b",
        "a network by its kind and width; /a and /b are trained on two sets of images that share none",
    ),
    "mlp-128": (
        r"\b(?:mlp|unet|ncsnpp|uvit|dit)-\d+\b(?!/)|\bMLPs?\b",
        "a network by its kind and width; an MLP is the plainest kind, layers of numbers each of which hears of all in "
        "the layer before",
    ),
    "U-Net": (r"\bU-Nets?\b", "a network for images, which looks at them at several sizes"),
    "the same picture": (
        r"same picture",
        "two pictures that are more alike than the threshold of the run; below, figures have every other threshold",
    ),
    "feature": (r"\bfeature\b", "in what pictures are compared; `pixel`: their pixels less those of the average image"),
    "copy": (r"\bcop(?:y|ies|ied|ying)\b", "a picture that is the same as a training image"),
    "held-out real images": (
        r"held[- ]out|held out|real images",
        "real pictures that no model was trained on: what passes for a copy among them is none",
    ),
    "calibrated threshold": (
        r"calibrated threshold|calibrated",
        "the similarity that only 1 % of what should not match passes: for copies, of held-out real images; for "
        "agreement, of pictures from different noises",
    ),
    "threshold": (r"(?<!calibrated )\bthreshold\b", "the similarity above which two pictures count as the same"),
    "nearest-neighbour ratio": (
        r"nearest-neighbour ratio|NN ratio",
        "a copy is three times nearer to one training image than to any other",
    ),
    "floor": (r"\bfloor\b|by chance", "what chance alone would score"),
    "ceiling": (r"\bceiling\b", "what a network scores against itself, drawn once more: no two can be asked for more"),
    "N50": (r"\bN50\b", "number of training images at which one half of the pictures are copies"),
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
    "generalization": (r"generaliz\w*", "drawing new pictures of what the training images have in common"),
    "loss on images it has not seen": (
        r"\bloss\b",
        "the error of the network in taking noise off real pictures that it was not trained on",
    ),
    "overfits": (r"\boverfits?\b", "goes on learning its own training images, at the cost of all others"),
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


def explained(texts: Sequence[str]) -> list[Markup]:
    """Texts that are read one after the other, as HTML: every word at its first place with its meaning, to point at."""
    known: set[str] = set()
    return [_explained(text, known) for text in texts]


def _explained(text: str, known: set[str]) -> Markup:
    """``known`` are words that were met before; those of this text are added."""
    places = []
    for word, (pattern, meaning) in WORDS.items():
        if word not in known and (place := re.search(pattern, text)):
            places.append((*place.span(), word, meaning))
    found, end = Markup(), 0
    for start, stop, word, meaning in sorted(places):
        if start >= end:
            found += text[end:start] + Markup('<abbr title="{}">{}</abbr>').format(meaning, text[start:stop])
            known.add(word)
            end = stop
    return found + text[end:]
