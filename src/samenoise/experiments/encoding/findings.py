"""What ``encoding`` found, in sentences: a difference is claimed where the intervals over planes say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenoise.experiments.encoding.series import copied, copies, networks, of_networks, of_reference
from samenoise.lab.experiment import Finding, Witness
from samenoise.lab.run_files import Row, by_pair
from samenoise.report import rounding as r
from samenoise.report.claims import Level, above
from samenoise.report.wording import apart, listed, low_end, lower_first, network_name, value_of

__all__ = ["agreement", "findings", "plateaus", "references", "smoothness", "witnesses"]

OTHER, PLANES = "other networks", "more planes"
"""What would settle whether maps agree."""


def findings(scores: Sequence[Row]) -> Iterator[Finding]:
    """In reading order."""
    yield Finding("Maps of two networks", agreement(scores), tuple(witnesses(scores)))
    yield Finding("Neighbouring noises", smoothness(scores))
    yield Finding("How far a picture reaches", plateaus(scores))
    yield Finding("Whose map it is", references(scores))


def agreement(scores: Sequence[Row]) -> list[str]:
    """For each pair: at which sizes the maps agree more than the places explain, and where least."""
    sentences = []
    for points in of_networks(scores, "map_agreement").values():
        told = listed([_at(scores, s) for s in points], most=12)
        name = f"The maps of {points[0].a} and {points[0].b} put the same anchor to a place for {told}"
        above = [s for s in points if s.floor is not None and low_end(s) > s.floor]
        floors = [s.floor for s in points if s.floor is not None]
        floor = f" (maps of two planes: {r.at_most(max(floors))} or less)" if floors else ""
        if len(above) == len(points):
            said = f"{name}{floor}: more than the places explain at every size."
        elif above:
            said = (
                f"{name}{floor}: more than the places explain at N = {listed([str(s.n_train) for s in above])} alone."
            )
        else:
            said = f"{name}{floor}: at no size more than the places explain."
        sentences.append(said + _dip(points))
    return sentences


def witnesses(scores: Sequence[Row]) -> Iterator[Witness]:
    """That maps agree more than those of two planes, at each size."""
    for points in of_networks(scores, "map_agreement").values():
        for s in points:
            level = None if s.floor is None else Level(s.floor)
            yield above(f"N = {s.n_train}: maps of {s.a} and {s.b} more alike than two planes", s, level, OTHER, PLANES)


def _dip(points: Sequence[Row]) -> str:
    least = min(points, key=value_of)
    first, last = points[0], points[-1]
    if len(points) < 3 or least in (first, last):
        return ""
    if apart(least, first) and apart(least, last):
        return f" They agree least between the ends, at N = {least.n_train}."
    return " That they agree least between the ends is not shown: the intervals overlap."


def _at(scores: Sequence[Row], s: Row) -> str:
    copies = copied(scores, s)
    regime = "" if not copies else f" ({r.percent_at_most(max(copies))} copies)"
    return f"{r.percent_at_least(value_of(s))} at N = {s.n_train}{regime}"


def smoothness(scores: Sequence[Row]) -> list[str]:
    """For each network: how often neighbours belong to one anchor, where least, beside any two places."""
    sentences = []
    for points in by_pair(scores, "encoding", "map_smoothness").values():
        least = min(points, key=value_of)
        floor = "" if least.floor is None else f", any two places of a plane for {r.percent_at_most(least.floor)}"
        more = all(s.floor is not None and low_end(s) > s.floor for s in points)
        verdict = ": more at every size" if more else ""
        sentences.append(
            f"{network_name(least)} puts neighbouring noises to the same anchor for "
            f"{r.percent_at_least(value_of(least))} or more (least at N = {least.n_train}){floor}{verdict}."
        )
    return sentences


def plateaus(scores: Sequence[Row]) -> list[str]:
    """For each network: how many places draw an anchor's picture, at the least and the largest size."""
    sentences = []
    for points in by_pair(scores, "encoding", "anchor_share").values():
        first, last = points[0], points[-1]
        name = network_name(first)
        said = f"{name} draws an anchor's picture at {100 * value_of(first):.0f} % of the places at N = {first.n_train}"
        if first is last:
            sentences.append(f"{said}.")
            continue
        end = f"{100 * value_of(last):.0f} % at N = {last.n_train}"
        where = "where it copies" if copies(scores, first) else "at the smaller size"
        if apart(last, first):
            sentences.append(f"{said}, {end}: {where}, a picture reaches farther.")
        elif apart(first, last):
            sentences.append(f"{said}, {end}: {where}, a picture reaches less far.")
        else:
            sentences.append(f"{said}, {end}: no difference beyond the intervals.")
    return sentences


def references(scores: Sequence[Row]) -> list[str]:
    """For each network: whether its map is that of the optimum, and whether it is that of the noise itself."""
    sentences = []
    for width, label in networks(scores).items():
        own = {name: of_reference(scores, label, name) for name in ("optimum", "noise")}
        if not all(own.values()):
            continue
        start = f"The map of {lower_first(_network(width, label))}"
        ends = {name: (points[0], points[-1]) for name, points in own.items()}
        told = [
            f"that of {what} for {_ends(*ends[name])}"
            for name, what in (("optimum", "the empirical optimum"), ("noise", "the noise itself"))
        ]
        sentences.append(f"{start} is {told[0]}, and {told[1]}.")
    return sentences


def _ends(first: Row, last: Row) -> str:
    said = f"{100 * value_of(first):.0f} % of the places at N = {first.n_train}"
    return said if first is last else f"{said} and {100 * value_of(last):.0f} % at N = {last.n_train}"


def _network(width: int | None, label: str) -> str:
    return f"The network {label}" if width is None else f"The width-{width} network"
