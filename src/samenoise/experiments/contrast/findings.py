"""What ``contrast`` found, in sentences: how often two diffusion models, two GANs, two VAEs draw the same picture.

That the property sets diffusion models apart from GANs, and from VAEs, is claimed where every pair of the one agrees
more than every pair of the others, at the threshold and without one, whole intervals apart; where diffusion models
agree more than chance, a Gaussian and leftover noise would have them; and where all of them draw pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenoise.experiments.contrast.series import ACROSS, SORTS, by_group, control, of_sort
from samenoise.lab.experiment import Finding, Witness
from samenoise.lab.run_files import Row, select
from samenoise.report import rounding as r
from samenoise.report.claims import Level, above, claim
from samenoise.report.evidence import OTHER_MODELS, agreement, learnt
from samenoise.report.wording import high_end, listed, low_end, value_of

__all__ = ["apart_witnesses", "chance", "copies", "findings", "pairs", "pictures"]


CHANCE = 0.5
"""Of AUC."""


def findings(scores: Sequence[Row]) -> Iterator[Finding]:
    """In reading order."""
    yield Finding("Same noise, same picture?", pairs(scores))
    found = by_group(scores, "rp")
    for other in ("gan", "vae"):
        if "diffusion" in found and other in found:
            witnesses = tuple(apart_witnesses(scores, other))
            yield Finding(f"Diffusion models beside {SORTS[other]}", [_apart(other, witnesses)], witnesses)
    yield Finding("Beside chance", chance(scores))
    yield Finding("Pictures or not", pictures(scores))
    yield Finding("Copies", copies(scores))


def pairs(scores: Sequence[Row]) -> list[str]:
    """For each sort, and across: RP with its floor and the control."""
    sentences = []
    for group, rows in by_group(scores, "rp").items():
        controls = [s for s in (control(scores, pair) for pair in rows) if s is not None]
        floors = [s.floor for s in rows if s.floor is not None]
        beside = [f"{r.percent_at_most(max(floors))} of mismatched pairs"] if floors else []
        if controls:
            beside.append(f"{r.percent_at_most(max(map(value_of, controls)))} with the noises permuted")
        at_most = f" ({' and '.join(beside)} at most)" if beside else ""
        sentences.append(
            f"{_two(group)} draw the same picture from the same noise for {_percents(rows)} of the noises"
            f"{at_most}; {_count(len(rows))}."
        )
    return sentences


def apart_witnesses(scores: Sequence[Row], other: str) -> Iterator[Witness]:
    """What lets agreement set diffusion models apart from GANs or from VAEs."""
    name = SORTS[other]
    for suffix, how in (("", "at the threshold"), ("_auc", "without a threshold (AUC)")):
        found = by_group(scores, f"rp{suffix}")
        least = min(found.get("diffusion", []), key=low_end, default=None)
        most = max(found.get(other, []), key=high_end, default=None)
        level = None if most is None else Level(value_of(most), most.ci95)
        yield above(f"any two diffusion models to agree more than any two {name} {how}", least, level, OTHER_MODELS)
    diffusion = min(by_group(scores, "rp")["diffusion"], key=low_end)
    yield from agreement(scores, diffusion)
    single = of_sort(scores, "nn_distance")
    for sort in ("diffusion", other):
        for s in single.get(sort, []):
            yield from learnt(scores, s, [s.a])


def chance(scores: Sequence[Row]) -> list[str]:
    """Without a threshold: whether pictures of one noise are more alike than of two."""
    sentences = []
    for group, rows in by_group(scores, "rp_auc").items():
        ends = f"{r.at_least(min(map(value_of, rows)))} to {r.at_most(max(map(value_of, rows)))}"
        over, under = sum(low_end(s) > CHANCE for s in rows), sum(high_end(s) < CHANCE for s in rows)
        told = f"above one half in {over} of {_count(len(rows))}" + (f", below it in {under}" if under else "")
        sentences.append(
            f"{_two(group)}: pictures of one noise are more alike than those of two with probability {ends}, {told}."
        )
    if sentences:
        sentences.append(
            "These intervals are over noises: two maps that have nothing to do with one another lie on one side of one "
            "half or on the other, by a little, and stay there however many noises there are."
        )
    return sentences


def pictures(scores: Sequence[Row]) -> list[str]:
    """How near to real images each sort draws, and which models no nearer than the Gaussian of the training set."""
    sentences = []
    for sort, rows in of_sort(scores, "nn_distance").items():
        distances = list(map(value_of, rows))
        beside = "" if rows[0].floor is None else f", held-out images {rows[0].floor:.2f}"
        normal = "" if rows[0].gaussian is None else f", the Gaussian {rows[0].gaussian:.2f}"
        ends = f"{min(distances):.2f} to {max(distances):.2f}"
        sentences.append(f"Pictures of {SORTS[sort]} lie {ends} from the nearest training image{beside}{normal}.")
    gaps = select(scores, "contrast", "mmd_gap")
    far = [f"{s.a} ({value_of(s):.2g})" for s in gaps if high_end(s) >= 0]
    if gaps and not far:
        sentences.append("As a whole they are nearer to held-out images than the Gaussian's, of every model.")
    elif far:
        sentences.append(
            f"As a whole not shown to be nearer to held-out images than the Gaussian's are those of {listed(far, 8)}: "
            "difference of the squared distances of distributions."
        )
    return sentences


def copies(scores: Sequence[Row]) -> list[str]:
    """How much of it is copied."""
    found = of_sort(scores, "memorized")
    if not found:
        return []
    said = [f"{SORTS[sort]} {r.percent_at_most(max(map(value_of, rows)))}" for sort, rows in found.items()]
    floor = next((s.floor for rows in found.values() for s in rows if s.floor is not None), None)
    beside = "" if floor is None else f"; {r.percent_at_least(floor)} of held-out images pass for copies"
    return [f"Copies among what they draw, at most: {listed(said)}{beside}."]


def _apart(other: str, witnesses: Sequence[Witness]) -> str:
    name = SORTS[other]
    return claim(
        f"Any two diffusion models agree more than any two {name}, at the threshold and without one: here the property "
        f"is one of diffusion models, and none of {name}.",
        f"That agreement from the same noise sets diffusion models apart from {name} is not shown.",
        witnesses,
    )


def _two(group: str) -> str:
    return "Two models of two sorts" if group == ACROSS else f"Two {SORTS[group]}"


def _percents(rows: Sequence[Row]) -> str:
    least, most = min(map(value_of, rows)), max(map(value_of, rows))
    if least == most:
        return r.percent_at_least(least)
    return f"{r.percent_at_least(least)} to {r.percent_at_most(most)}"


def _count(n: int) -> str:
    return f"{n} pair" if n == 1 else f"{n} pairs"
