"""What ``inverse`` found, in sentences.

A difference is claimed where its interval over measurements lies on one side of 0. That families of architectures are
what it is due to is said of a gap alone that is larger than that of every other way to group the architectures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenoise.experiments.inverse.series import NOTHING, by_task, families, task_name
from samenoise.lab.experiment import Finding, Witness
from samenoise.lab.run_files import Row, select
from samenoise.report import rounding as r
from samenoise.report.claims import Level, above
from samenoise.report.evidence import OTHER_MODELS, learnt
from samenoise.report.pictures import draw_nothing, far_from_the_data
from samenoise.report.wording import high_end, low_end, value_of

__all__ = [
    "agreement",
    "between_families",
    "beyond_witnesses",
    "family_witnesses",
    "findings",
    "pictures",
    "quality",
]


def findings(scores: Sequence[Row]) -> Iterator[Finding]:
    """In reading order."""
    yield Finding("Same noise, same reconstruction", agreement(scores), tuple(beyond_witnesses(scores)))
    yield Finding("Families of architectures", between_families(scores), tuple(family_witnesses(scores)))
    yield Finding("The images that were measured", quality(scores))
    yield Finding("Pictures or not", pictures(scores))


def agreement(scores: Sequence[Row]) -> list[str]:
    """For each task: how often two models restore the same picture, and how much of it is the measurement's."""
    others, beyond = by_task(scores, "rp_other_noise"), by_task(scores, "rp_beyond_measurement")
    sentences = []
    for task, rows in by_task(scores, "rp").items():
        least, most = min(map(value_of, rows)), max(map(value_of, rows))
        said = (
            f"{_first_upper(task_name(task))}: two models draw the same picture from the same noise for "
            f"{_shares(least, most)} of the noises ({_count(len(rows), 'pair')})"
        )
        if task not in beyond:
            sentences.append(f"{said}.")
            continue
        alone = max(map(value_of, others[task]))
        more = [s for s in beyond[task] if low_end(s) > 0]
        if len(more) == len(rows):
            verdict = "in every pair more than the measurement makes agree"
        elif more:
            verdict = f"in {len(more)} of {len(rows)} pairs more than the measurement makes agree"
        else:
            verdict = "in no pair more than the measurement makes agree"
        sentences.append(
            f"{said}, from two noises of one measurement for {r.percent_at_most(alone)} or less: {verdict}."
        )
    return sentences


def beyond_witnesses(scores: Sequence[Row]) -> Iterator[Witness]:
    """That in each task every pair agrees more than the measurement makes it."""
    for task, rows in by_task(scores, "rp_beyond_measurement").items():
        more = sum(low_end(s) > 0 for s in rows)
        holds = True if more == len(rows) else None if all(value_of(s) > 0 for s in rows) else False
        needs = f"{task_name(task)}: agreement beyond the measurement, in every pair"
        yield Witness(
            needs, f"in {more} of {len(rows)}", holds, "more measurements" if holds is None else "other models"
        )


def family_witnesses(scores: Sequence[Row]) -> Iterator[Witness]:
    """That the gap is there, that no other grouping has it, and that all models have learnt the data."""
    for task, s in families(scores).items():
        where = task_name(task)
        yield above(f"{where}: more agreement within families", s, Level(0.0), OTHER_MODELS, "more measurements")
        if s.tag("groupings") is not None:
            seen = f"{s.tag('as_large')} of {s.tag('groupings')} groupings have one as large"
            needs = f"{where}: a larger gap than in any other grouping"
            yield Witness(needs, seen, s.tag("as_large") == 1, "more architectures")
    unconditional = select(scores, "inverse", "nn_distance")
    if unconditional and families(scores):
        yield from learnt(scores, unconditional[0], [s.a for s in unconditional])


def between_families(scores: Sequence[Row]) -> list[str]:
    """For each task: whether architectures of one family agree more than those of two."""
    if draw_nothing(scores, "inverse"):
        return []  # the gap is over all models, and a model that draws nothing agrees with none
    return [_gap(task, s) for task, s in families(scores).items()]


def _gap(task: str, s: Row) -> str:
    within, gap = s.tag("within"), value_of(s)
    where = "where nothing is measured" if task == NOTHING else f"in {task_name(task)}"
    stated = "" if s.ci95 is None else f" (95 % interval {_signed(s.ci95[0])} to {_signed(s.ci95[1])})"
    said = (
        f"{_first_upper(where)}, two architectures of one family agree for {_percent(within)} of the noises, of two "
        f"families for {_percent(within - gap)}: {_signed(gap)}{stated}"
    )
    if low_end(s) <= 0 <= high_end(s):
        return f"{said}, no difference beyond the interval."
    if high_end(s) < 0:
        return f"{said}, less within families."
    ways, as_large = s.tag("groupings"), s.tag("as_large")
    if ways is None:
        return f"{said}."
    if as_large == 1:
        return f"{said}, the largest gap of all {ways} ways to group the architectures so."
    return (
        f"{said}; of {ways} ways to group the architectures so, {as_large} have a gap as large: it is not shown to be "
        "one of families."
    )


def quality(scores: Sequence[Row]) -> list[str]:
    """For each task: how near reconstructions are to the image, beside no model and the Gaussian, and to y."""
    misfits, sentences = by_task(scores, "misfit"), []
    for task, rows in by_task(scores, "psnr").items():
        worst, best = min(rows, key=value_of), max(rows, key=value_of)
        floor, normal = rows[0].floor, rows[0].gaussian
        ends = f"{value_of(worst):.1f} ({worst.a}) to {value_of(best):.1f} ({best.a})"
        said = f"{_first_upper(task_name(task))}: PSNR {ends}"
        beside = [
            f"{what} {value:.1f}"
            for what, value in (("the pseudo-inverse alone has", floor), ("the Gaussian", normal))
            if value is not None
        ]
        if beside:
            said += f"; {', '.join(beside)}"
        better = [s for s in rows if floor is not None and low_end(s) > floor]
        if floor is not None and len(better) < len(rows):
            said += f"; {len(better) or 'none'} of {len(rows)} models beyond it"
        off = misfits.get(task, [])
        if off and off[0].ceiling is not None:
            least_most = dict.fromkeys(f"{value:.2f}" for value in (min(map(value_of, off)), max(map(value_of, off))))
            said += (
                f". What is measured of reconstructions is off by {' to '.join(least_most)} on average, "
                f"of the image itself by {off[0].ceiling:.2f}"
            )
        sentences.append(f"{said}.")
    return sentences


def pictures(scores: Sequence[Row]) -> list[str]:
    """Which models draw no pictures of the data."""
    far = far_from_the_data(scores, "inverse", "where nothing is measured")
    return [f"{far} Their pairs are not counted above, and no gap between families is told."] if far else []


def _shares(least: float, most: float) -> str:
    if least == most:
        return r.percent_at_least(least)
    return f"{r.percent_at_least(least)} to {r.percent_at_most(most)}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _signed(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _first_upper(text: str) -> str:
    return text[0].upper() + text[1:]
