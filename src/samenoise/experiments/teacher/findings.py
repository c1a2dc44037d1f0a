"""What ``teacher`` found, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenoise.lab.experiment import Finding
from samenoise.lab.run_files import Row, by_pair
from samenoise.report import rounding as r
from samenoise.report.along_sizes import agreement, copying, training
from samenoise.report.wording import lower_first, network_name, value_of

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
        last = rows[-1][-1]
        share = r.percent_at_least(value_of(last))
        if value_of(last) > 0:
            sentences.append(f"At N = {last.n_train} it draws the true flow's picture for {share} of the noises.")
        else:
            sentences.append(f"At N = {last.n_train} it draws the true flow's picture for none of the noises.")
    return sentences


def _nearer(both: Sequence[tuple[Row, Row]]) -> list[str]:
    if not both:
        return []
    true = [gen for gen, mem in both if value_of(gen) < value_of(mem)]
    name, last = network_name(both[-1][0]), both[-1]
    if not true:
        return [
            f"{name} is nowhere in this sweep nearer to the true distribution's flow than to the empirical optimum "
            f"(root mean squared distance {r.at_least(value_of(last[0]))} against {r.at_most(value_of(last[1]))} at "
            f"N = {last[0].n_train})."
        ]
    distances = f"{r.at_most(value_of(last[0]))} against {r.at_least(value_of(last[1]))} at N = {last[0].n_train}"
    if len(true) == len(both):
        return [
            f"{name} is nearer to the true distribution's flow than to the empirical optimum at every size measured "
            f"(root mean squared distance {distances}): the crossing lies below N = {true[0].n_train}."
        ]
    if [gen for gen, _ in both][-len(true) :] != true:
        sizes = ", ".join(str(s.n_train) for s in true)
        return [f"{name} is nearer to the true distribution's flow than to the empirical optimum at N = {sizes} only."]
    before = both[-len(true) - 1][0]
    return [
        f"Up to N = {before.n_train} {lower_first(name)} is nearer to the empirical optimum, from "
        f"N = {true[0].n_train} on nearer to the true distribution's flow (root mean squared distance {distances})."
    ]
