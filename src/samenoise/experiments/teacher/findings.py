"""What ``teacher`` found, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenoise.lab.experiment import Finding
from samenoise.lab.run_files import Row, by_pair
from samenoise.report import rounding as r
from samenoise.report.along_sizes import agreement, copying, training
from samenoise.report.wording import apart, high_end, listed, low_end, lower_first, network_name, value_of

__all__ = ["findings", "truth"]


def findings(scores: Sequence[Row]) -> Iterator[Finding]:
    """In reading order."""
    yield copying(scores, "teacher")
    yield agreement(scores, "teacher")
    yield Finding("The true distribution", truth(scores))
    yield training(scores, "teacher")


def truth(scores: Sequence[Row]) -> list[str]:
    """From which size on the widest network is nearer to the true flow than to the empirical optimum."""
    gen, mem = by_pair(scores, "teacher", "e_gen"), by_pair(scores, "teacher", "e_mem")
    sentences = []
    if gen and mem:
        distances = {s.n_train: s for s in list(mem.values())[-1]}
        both = [(s, distances[s.n_train]) for s in list(gen.values())[-1] if s.n_train in distances]
        sentences += _nearer(both)
    rows = list(by_pair(scores, "teacher", "rp_teacher").values())
    if rows:
        sentences.append(_same_picture(rows[-1][-1]))
    return sentences


def _same_picture(s: Row) -> str:
    share = r.percent_at_least(value_of(s)) if value_of(s) > 0 else "none"
    said = f"At N = {s.n_train} it draws the true flow's picture for {share} of the noises"
    others = {"chance does": s.floor, "the Gaussian of its training set does": s.gaussian}
    beside = [f"{who}, for {r.percent_at_most(v)}" for who, v in others.items() if v is not None and low_end(s) <= v]
    return f"{said}{(beside and f', not shown to be more than {listed(beside)}') or ''}."


def _nearer(both: Sequence[tuple[Row, Row]]) -> list[str]:
    """At which sizes the intervals of the two distances say which is less."""
    if not both:
        return []
    true, copies = [gen for gen, mem in both if apart(gen, mem)], [gen for gen, mem in both if apart(mem, gen)]
    (gen, mem), name = both[-1], network_name(both[-1][0])
    than = "to the true distribution's flow than to the empirical optimum"
    if not true:
        return [
            f"{name} is nowhere in this sweep seen to be nearer {than} (root mean squared distance "
            f"{r.at_least(value_of(gen))} against {r.at_most(value_of(mem))} at N = {gen.n_train})."
        ]
    distances = f"{r.at_most(value_of(gen))} against {r.at_least(value_of(mem))} at N = {gen.n_train}"
    if len(true) == len(both):
        said = (
            f"{name} is nearer {than} at every size measured (root mean squared distance {distances}): the crossing "
            f"lies below N = {true[0].n_train}."
        )
    elif [one for one, _ in both][-len(true) :] != true or both[-len(true) - 1][0] not in copies:
        said = f"{name} is seen to be nearer {than} at N = {listed([str(s.n_train) for s in true], most=12)} only."
    else:
        said = (
            f"Up to N = {both[-len(true) - 1][0].n_train} {lower_first(name)} is nearer to the empirical optimum, from "
            f"N = {true[0].n_train} on nearer to the true distribution's flow (root mean squared distance {distances})."
        )
    return [said, *_no_nearer_than_the_gaussian(true[-1])]


def _no_nearer_than_the_gaussian(s: Row) -> list[str]:
    """A network that has learnt next to nothing is nearer to the truth than to copies, too."""
    if s.gaussian is None or high_end(s) < (s.gaussian_ci95 or (s.gaussian,))[0]:
        return []
    return [
        f"At N = {s.n_train} that is no sign of learning: what the Gaussian of its training set draws is "
        f"{r.at_most(s.gaussian)} from the true flow's, and the network is not shown to be nearer."
    ]
