"""What ``finetune`` found, in sentences.

That one way copies less than another is claimed where the interval of the difference, over noises and pretrainings,
says so at every N at which the other copies, by every way to count copies, and where its pictures are of the new images
at all: a network that has not learnt them cannot copy them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenoise.experiments.finetune.metrics import FEWER
from samenoise.experiments.finetune.series import along, at, copying_sizes, fewer, sizes, ways, whole
from samenoise.experiments.finetune.settings import AGAIN, OTHERS, PRETRAINED, SCRATCH
from samenoise.lab.experiment import Finding, Witness
from samenoise.lab.run_files import Row
from samenoise.report import evidence
from samenoise.report import rounding as r
from samenoise.report.claims import Level, above, below, claim
from samenoise.report.wording import high_end, listed, low_end, value_of

__all__ = ["agreement", "copying", "distance", "findings", "kept", "learning", "less", "witnesses"]

MORE_SEEDS = "more replicates"
HALF = 0.5


def findings(scores: Sequence[Row]) -> Iterator[Finding]:
    """In reading order."""
    needed = [w for way in fewer(scores) for w in witnesses(scores, way)]
    yield Finding("Copies of the new images", copying(scores))
    yield Finding("Fewer weights, fewer copies", less(scores), needed)
    yield Finding("Distance to the new images", distance(scores))
    pairs = [row for way in ways(scores) if (row := _last(scores, "rp", way, kin=OTHERS)) is not None]
    same = [w for row in pairs for w in evidence.agreement(scores, row)]
    yield Finding("Same noise, same picture", agreement(scores), same)
    yield Finding("What is left of the old images", kept(scores))
    yield Finding("Trained enough", learning(scores))


def copying(scores: Sequence[Row]) -> list[str]:
    """For each N: how much of what is adapted in each way is copies, beside networks from scratch."""
    sentences = []
    for n in sizes(scores):
        told = [
            f"{name} {_percent(s)}"
            for name in (*ways(scores), SCRATCH)
            if (s := at(scores, n, "memorized_excess", name)) is not None
        ]
        sentences.append(f"Copies beyond what real images pass for at N = {n}: {listed(told, most=12)}.")
    return sentences


def less(scores: Sequence[Row]) -> list[str]:
    """Of every way that adapts less than all weights: whether it copies less."""
    full = whole(scores)
    if full is None:
        return []
    there = copying_sizes(scores, full)
    if not there:
        return [
            f"Whether adapting few weights copies less is not told: what is adapted by {full} copies at no N of this "
            "run."
        ]
    return [_less(scores, way, full, there) for way in fewer(scores)]


def _less(scores: Sequence[Row], way: str, full: str, there: Sequence[int]) -> str:
    told = []
    for n in there:
        s = at(scores, n, "copies_fewer", way, full)
        if s is not None:
            told.append(f"{_points(s)} fewer at N = {n}")
    stated, where = listed(told, most=12), f"N = {listed([str(n) for n in there], most=12)}"
    less = f"adapting by {way} copies less than adapting by {full}"
    return claim(
        f"A{less[1:]} at every N at which the latter copies, {where}: {stated}.",
        f"That {less}, which copies at {where}, is not shown ({stated})",
        list(witnesses(scores, way)),
    )


def witnesses(scores: Sequence[Row], way: str) -> Iterator[Witness]:
    """That it copies less, however copies are counted, and that what it draws are new pictures."""
    full = whole(scores)
    for n in copying_sizes(scores, full) if full is not None else ():
        for metric, (_, _, how) in FEWER.items():
            row = at(scores, n, metric, way, full)
            yield above(
                f"fewer copies by {way} than by {full} at N = {n} {how}", row, Level(0.0), "other ways", MORE_SEEDS
            )
        row = at(scores, n, "old_share", way)
        yield below(f"pictures of {way} at N = {n} nearer to new images", row, Level(HALF), "more updates", MORE_SEEDS)


def distance(scores: Sequence[Row]) -> list[str]:
    """At the fewest and the most new images: how far the pictures are from held-out ones."""
    sentences = []
    for n in dict.fromkeys((*sizes(scores)[:1], *sizes(scores)[-1:])):
        rows = {name: at(scores, n, "mmd", name) for name in (*ways(scores), SCRATCH, PRETRAINED)}
        told = [f"{name} {value_of(s):.3f} ({r.interval(s.ci95, 3)})" for name, s in rows.items() if s and s.ci95]
        real = next((s.floor for s in rows.values() if s is not None and s.floor is not None), None)
        beside = "" if real is None else f"; new training images {max(real, 0.0):.3f}"
        if told:
            sentences.append(f"Squared distance from new images at N = {n}: {listed(told, most=12)}{beside}.")
    return sentences


def agreement(scores: Sequence[Row]) -> list[str]:
    """At the most new images, for each way: how often two networks agree, from one pretraining and from two, and with
    those from scratch; and whether the agreement is beyond chance."""
    sentences = []
    for name in ways(scores):
        row = _last(scores, "rp", name, kin=OTHERS)
        if row is None or row.n_train is None:
            continue
        beside = {
            "from one pretraining": at(scores, row.n_train, "rp", name, kin=AGAIN),
            "with a network from scratch": at(scores, row.n_train, "rp_scratch", name),
        }
        parts = [f"from two pretrainings {_percent(row)}"]
        parts += [f"{words} {_percent(s)}" for words, s in beside.items() if s is not None]
        stated = f"RP at N = {row.n_train}: {', '.join(parts)}; mismatched noises {r.percent_at_most(row.floor or 0.0)}"
        sentences.append(
            claim(
                f"Networks adapted by {name} from two pretrainings agree beyond chance, and beyond what the mean and "
                f"covariance of the new images explain. {stated}.",
                f"That networks adapted by {name} from two pretrainings agree beyond chance is not shown. {stated}",
                list(evidence.agreement(scores, row)),
            )
        )
    scratch = _last(scores, "rp", SCRATCH, kin=OTHERS)
    if scratch is not None and sentences:
        sentences.append(f"Two networks from scratch: {_percent(scratch)} at N = {scratch.n_train}.")
    return sentences


def kept(scores: Sequence[Row]) -> list[str]:
    """For each way: how many pictures are still old ones, and whether a noise's picture is still told by what it was
    before, at the fewest and the most new images."""
    sentences = []
    for name in ways(scores):
        old, before = along(scores, "old_share", name), along(scores, "rp_pretrained_auc", name)
        if not old or not before:
            continue
        told = [f"{_percent(s)} at N = {s.n_train}" for s in _ends(old)]
        auc = [f"{value_of(s):.2f} at N = {s.n_train}" for s in _ends(before)]
        never = along(scores, "rp_pretrained_auc", SCRATCH)
        more = all(low_end(s) > max([high_end(t) for t in never if t.n_train == s.n_train] or [HALF]) for s in before)
        verdict = "more than of networks from scratch at every N" if more else "not more at every N than from scratch"
        sentences.append(
            f"Adapted by {name}, {listed(told)} of the pictures are nearer to old images than to new ones. Given what "
            f"was drawn before, a picture is told from those of other noises (AUC) {listed(auc)}: {verdict}."
        )
    return sentences


def learning(scores: Sequence[Row]) -> list[str]:
    """At the most new images: whose loss on unseen ones still falls at the end, and whose rises."""
    rows = [s for name in (*ways(scores), SCRATCH) if (s := _last(scores, "unseen_change", name)) is not None]
    falls, rises = [s for s in rows if high_end(s) < 0], [s for s in rows if low_end(s) > 0]
    sentences = []
    for found, words in ((falls, "falls, and more updates would help"), (rises, "rises: they overfit")):
        if found:
            told = [f"{s.a} ({100 * abs(value_of(s)):.1f} %)" for s in found]
            sentences.append(
                f"At N = {found[0].n_train} the loss on new images that were held out, over the last doubling of the "
                f"updates, still {words}: {listed(told, most=12)}."
            )
    return sentences


def _last(scores: Sequence[Row], metric: str, name: str, kin: str | None = None) -> Row | None:
    points = along(scores, metric, name, kin=kin)
    return points[-1] if points else None


def _ends(points: Sequence[Row]) -> list[Row]:
    return [points[0], *points[1:][-1:]]


def _percent(s: Row) -> str:
    """A share, or one beyond another, which may be below 0, with its interval."""
    return f"{_whole(s)} % ({_interval(s)})"


def _points(s: Row) -> str:
    """A difference of shares in points, with its interval."""
    return f"{_whole(s)} points (95 % interval {_interval(s)})"


def _whole(s: Row) -> str:
    return str(round(100 * value_of(s))).replace("-", "−")


def _interval(s: Row) -> str:
    """Of a share or a difference, in percentage points, rounded outward."""
    if s.ci95 is None:
        return "not known"
    ends = [round(100 * end, 9) for end in s.ci95]  # 100 * 0.55 is a little more than 55
    low, high = int(r.at_least(ends[0], 0)), int(r.at_most(ends[1], 0))
    return f"{low} to {high}".replace("-", "−")
