"""What ``lowrank`` found, in sentences.

A thing is said of a size or a dimension where its 95 % interval, over images and trainings, says so; numbers are
rounded against the claim (see :mod:`samenoise.report.rounding`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from samenoise.experiments.lowrank.series import (
    CLOSED,
    along_noise,
    along_shares,
    along_sizes,
    halves,
)
from samenoise.lab.experiment import Finding
from samenoise.lab.run_files import Row
from samenoise.report import rounding as r
from samenoise.report.wording import apart, listed, low_end, lower_first, network_name, value_of

__all__ = ["beyond", "copying", "dip", "edge", "findings", "growth", "samples", "telling_apart"]

HALF = 0.5
"""Of the error of a subspace: less is found, more is not."""
PCA_ALL = 1.0
"""N/d with which PCA has all of a subspace."""


def findings(scores: Sequence[Row]) -> Iterator[Finding]:
    """In reading order."""
    yield Finding("Rank along the noise", [*dip(scores), *edge(scores)])
    yield Finding("Copying in the rank", copying(scores))
    yield Finding("Images for a subspace", samples(scores))
    yield Finding("More than the error says", beyond(scores))
    yield Finding("Telling subspaces apart", telling_apart(scores))


def dip(scores: Sequence[Row]) -> list[str]:
    """For each network: at which sizes its rank is lowest at middle noise; and whether the closed forms do the same."""
    sentences = []
    for points in along_sizes(scores, "rank_dip_depth").values():
        name, there = network_name(points[0]), [s for s in points if low_end(s) > 0]
        if not there:
            sentences.append(f"{name} has no lowest rank at middle noise at any size measured.")
            continue
        missed = [s for s in points if s not in there]
        but = f"; {_at(missed)} no dip is seen" if missed else ""
        ends = [there[0], *([there[-1]] if len(there) > 1 else [])]
        depths = ", and ".join(_depth(scores, s) for s in ends)
        sentences.append(f"{name} follows the fewest directions at middle noise {_at(there)}: {depths}{but}.")
    closed = along_sizes(scores, "rank_dip_depth", networks=False)
    dips = {name: [s for s in points if low_end(s) > 0] for name, points in closed.items()}
    for name, there in dips.items():
        if there:
            deepest = max(there, key=value_of)
            sentences.append(
                f"So does {CLOSED.get(name, name)} {_at(there)}, by {r.at_least(value_of(deepest), 1)} at most."
            )
    flat = [CLOSED.get(name, name) for name, there in dips.items() if not there]
    if flat:
        sentences.append(f"{_first_upper(listed(flat))} {'have' if len(flat) > 1 else 'has'} no such dip at any size.")
    return sentences


def edge(scores: Sequence[Row]) -> list[str]:
    """For each network that dips: whether what it follows at the highest noise is what the closed forms follow."""
    gains = along_noise(scores, "jacobian_gain")
    sentences = []
    for points in along_sizes(scores, "rank_dip_depth").values():
        there = [s for s in points if low_end(s) > 0]
        line = [line for key, line in gains.items() if there and key == (there[-1].a, there[-1].n_train)]
        if not line:
            continue
        last = line[0][-1]
        exact = [v for v in (last.floor, last.gaussian) if v is not None]
        if not exact:
            continue
        said = f"At the highest noise, σ = {last.tag('sigma'):g}, and N = {last.n_train}"
        if low_end(last) > max(exact):
            sentences.append(
                f"{said} the largest singular value of {lower_first(network_name(last))} is "
                f"{_small(low_end(last), up=False)} or more, those of the closed forms at most "
                f"{_small(max(exact), up=True)}: on that side the rise of the rank is the network's own error, not the "
                "data."
            )
        else:
            sentences.append(
                f"{said} {lower_first(network_name(last))} lets no more through than the closed forms: the rise of the "
                "rank on that side is not shown to be an error."
            )
    return sentences


def copying(scores: Sequence[Row]) -> list[str]:
    """For each network: by how much its rank is lower at what it was trained on, and from which size on it is not."""
    sentences = []
    for points in along_sizes(scores, "rank_copy_gap").values():
        first, last = points[0], points[-1]
        name, there = network_name(first), [s for s in points if low_end(s) > 0]
        at = f"at σ = {first.tag('sigma'):g}"
        if not there:
            sentences.append(f"{name} follows as many directions at images trained on as at held-out ones, {at}.")
            continue
        most = max(there, key=low_end)
        said = (
            f"{name} follows at least {r.at_least(low_end(most), 1)} directions fewer at images it was trained on than "
            f"at held-out ones at N = {most.n_train} ({at})"
        )
        if last in there:
            less = apart(last, most)
            end = f"still at least {r.at_least(low_end(last), 1)} fewer at N = {last.n_train}"
            said += f", and {end}{'' if less or last is most else ', not shown to be less'}" if last is not most else ""
            sentences.append(f"{said}.")
            continue
        gone = points[max(k for k, s in enumerate(points) if s in there) + 1 :]
        none = f"{_at(gone)} no difference is seen"
        bound = "" if last.ci95 is None else f" (95 % interval {r.interval(last.ci95, 1)} at N = {last.n_train})"
        sentences.append(f"{said}; {none}{bound}.")
    return sentences


def samples(scores: Sequence[Row]) -> list[str]:
    """For each network on single subspaces: N/d for half of one, beside PCA, and how N grows with d."""
    sentences = []
    for (_, k), points in halves(scores).items():
        if k > 1:
            continue
        known = [s for s in points if s.value is not None]
        missed = [s for s in points if s.value is None]
        if known:
            dimensions, shares = ([str(s.tag("dimension")) for s in known], [f"{value_of(s):.1f}" for s in known])
            said = (
                f"{network_name(known[0])} has found half of a subspace of dimension {listed(dimensions)} with "
                f"{listed(shares)} images for each dimension{_beside_pca(known)}"
            )
            sentences += [f"{said}.", *growth(known)]
        sentences += [f"Of dimension {s.tag('dimension')}: {s.note}." for s in missed if s.note]
    return sentences


def growth(known: Sequence[Row]) -> list[str]:
    """How N for half of a subspace grows between the least and the largest dimension, as a power of d."""
    first, last = known[0], known[-1]
    if first is last:
        return []
    times = last.tag("dimension") / first.tag("dimension")
    if first.ci95 is None or last.ci95 is None:
        return ["How that grows with the dimension cannot be said: an interval is open."]
    # The ends of both intervals at once: wider than 95 %.
    ends = (last.ci95[0], first.ci95[1]), (last.ci95[1], first.ci95[0])
    low, high = (1 + math.log(a / b) / math.log(times) for a, b in ends)
    power = f"as d to a power between {r.at_least(low)} and {r.at_most(high)}"
    if low <= 1 <= high and low > 0:
        return [f"The number of images grows with the dimension, {power}: in proportion, as far as this tells."]
    if low > 1:
        return [f"The number of images grows faster than in proportion to the dimension, {power}."]
    if low > 0:
        return [f"The number of images grows more slowly than in proportion to the dimension, {power}."]
    return [f"That the number of images grows with the dimension is not shown: {power}."]


def beyond(scores: Sequence[Row]) -> list[str]:
    """For each network on single subspaces: what the error leaves out. At which N/d its rank is another at samples
    it was trained on, and how many directions it follows when the error says that all is found."""
    errors = along_shares(scores, "subspace_error")
    fresh, trained = (along_shares(scores, "subspace_rank", where) for where in ("heldout", "train"))
    sentences = []
    for m, points in fresh.items():
        if m.components > 1 or m not in trained or m not in errors:
            continue
        both = list(zip(points, trained[m], errors[m], strict=True))
        tells = [(new, seen, error) for new, seen, error in both if apart(new, seen) or apart(seen, new)]
        said = f"{network_name(points[0])}, dimension {m.dimension}: "
        if tells:
            new, seen, error = tells[-1]
            shares = listed([f"{s.tag('per_dimension'):g}" for s, _, _ in tells], most=12)
            said += (
                f"at N/d = {shares} the rank at samples trained on is not that at fresh ones ({value_of(seen):.1f} "
                f"and {value_of(new):.1f} at {new.tag('per_dimension'):g}, where the error is {value_of(error):.2f})"
            )
        else:
            said += "the rank at samples trained on is at no N/d seen to differ from that at fresh ones"
        last, error = points[-1], errors[m][-1]
        said += (
            f"; at N/d = {last.tag('per_dimension'):g}, with an error of {r.at_most(value_of(error))}, "
            f"{value_of(last):.1f} directions are followed"
        )
        if last.floor is not None:
            more = low_end(last) > last.floor
            said += (
                f", {'more than the' if more else 'not shown to be more than the'} {last.floor:g} of the exact mixture"
            )
        sentences.append(f"{said}.")
    return sentences


def telling_apart(scores: Sequence[Row]) -> list[str]:
    """For each network and K > 1, at the largest N/d: whether the span is found, and whether the subspaces are."""
    own, span = along_shares(scores, "subspace_error"), along_shares(scores, "subspace_span_error")
    groups: dict[tuple[str, int], list[tuple[Row, Row]]] = {}
    for m in own:
        if m in span:
            groups.setdefault((m.name, m.components), []).append((own[m][-1], span[m][-1]))
    return [_apart(k, pairs) for (_, k), pairs in groups.items()]


def _apart(k: int, pairs: Sequence[tuple[Row, Row]]) -> str:
    row, dimensions = pairs[0][0], [str(own.tag("dimension")) for own, _ in pairs]
    subspaces = f"{k} subspaces of dimension {listed(dimensions)}"
    said = f"{network_name(row)} on {subspaces}, with {row.tag('per_dimension'):g} images for each dimension of each"
    own, span = [s for s, _ in pairs], [s for _, s in pairs]
    figures = f"it misses {_range(own)} of the subspace of an image, and is {_range(span)} outside of all of them"
    if all(_high(s) < HALF for s in own):
        return f"{said}: {figures}; it tells them apart."
    if all(_high(s) < HALF for s in span) and all(low_end(s) > HALF for s in own):
        normal = [s.gaussian for s in own if s.gaussian is not None]
        beside = f" (the Gaussian, which cannot tell, misses {_hundredths(normal)})" if normal else ""
        return f"{said}: {figures}{beside}; it has found their span and does not tell them apart."
    if all(low_end(s) > HALF for s in span):
        return f"{said}: {figures}; it has not found even their span."
    return f"{said}: {figures}; whether it tells them apart differs or is within the intervals."


def _beside_pca(known: Sequence[Row]) -> str:
    floors = [s.floor for s in known if s.floor is not None]
    if not floors:
        return ""
    pca = f"PCA of the same images is there with {floors[0]:g} and has all with {PCA_ALL:g}"
    if all(low_end(s) > PCA_ALL for s in known):
        return f": more than what gives PCA all of it ({pca})"
    if all(low_end(s) > floors[0] for s in known):
        return f": more than PCA ({pca})"
    return f", not shown to be more than PCA ({pca})"


def _depth(scores: Sequence[Row], s: Row) -> str:
    """How low the rank is, and by how much that is less than at the ends."""
    lowest = _lowest(scores, s)
    return (
        f"at N = {s.n_train} its Jacobian has a rank of {r.at_most(value_of(lowest), 1)} of {_size(lowest)} at "
        f"σ = {lowest.tag('sigma'):g}, at least {r.at_least(low_end(s), 1)} less than at either end of the noise levels"
    )


def _lowest(scores: Sequence[Row], of: Row) -> Row:
    lines = along_noise(scores, "jacobian_rank")
    return min((s for key, line in lines.items() if key == (of.a, of.n_train) for s in line), key=value_of)


def _size(s: Row) -> str:
    return "all" if s.ceiling is None else f"{s.ceiling:g}"


def _at(rows: Sequence[Row]) -> str:
    return f"at N = {listed([str(s.n_train) for s in rows], most=12)}"


def _range(rows: Sequence[Row]) -> str:
    return _hundredths([value_of(s) for s in rows])


def _hundredths(values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.2f}"
    return f"{r.at_least(min(values))} to {r.at_most(max(values))}"


def _high(s: Row) -> float:
    return value_of(s) if s.ci95 is None else s.ci95[1]


def _small(value: float, up: bool) -> str:
    """Two figures, rounded against the claim."""
    if value <= 0:
        return "0"
    digits = 1 - math.floor(math.log10(value))
    return (r.at_most if up else r.at_least)(value, max(digits, 0))


def _first_upper(text: str) -> str:
    return text[0].upper() + text[1:]
