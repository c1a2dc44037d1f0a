"""What the experiment ``matrix`` found, in sentences: which of the things that models differ in cost agreement.

The agreement of a model that draws no pictures says nothing: its pairs are named, and left out of every count and mean.
That of a student with its teacher is in part that of weights with themselves: such pairs are left out of every mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenoise.lab.experiment import Finding
from samenoise.lab.run_files import Row, select
from samenoise.metrics.neighbours import FARTHEST
from samenoise.report import rounding as r
from samenoise.report.wording import listed, low_end, value_of

__all__ = [
    "FACTORS",
    "agreement",
    "by_factor",
    "draw_nothing",
    "factors",
    "findings",
    "likeness",
    "mean",
    "models",
    "optimum",
    "stands",
    "students",
]

FACTORS = {
    "process": "process",
    "parameterisation": "parameterisation",
    "architecture": "architecture",
    "width": "width",
    "procedure": "training procedure",
    "updates": "number of updates",
    "seed": "seed",
}
"""In what two models may differ, and how it is called."""

HALF = 0.5
"""A model copies as a rule from this share of its pictures on."""


def findings(scores: Sequence[Row]) -> Iterator[Finding]:
    """In reading order."""
    yield Finding("Which models agree", agreement(scores))
    yield Finding("Copies or not", optimum(scores))
    yield Finding("What costs agreement", factors(scores))
    yield Finding("Students", students(scores))
    yield Finding("Pictures or not", likeness(scores))


def models(scores: Sequence[Row]) -> list[str]:
    """The models, in the order of the config."""
    return list(dict.fromkeys(name for s in select(scores, "matrix", "rp") for name in (s.a, s.b)))


def stands(s: Row) -> bool:
    """Whether the whole interval of a pair's RP lies above its floor and above what the Gaussian scores."""
    return all(base is not None and low_end(s) > base for base in (s.floor, s.gaussian))


def draw_nothing(scores: Sequence[Row]) -> dict[str, Row]:
    """The models whose pictures are far from all real images, with their row of ``nn_distance``."""
    rows = select(scores, "matrix", "nn_distance")
    return {s.a: s for s in rows if s.floor is not None and value_of(s) > FARTHEST * s.floor}


def by_factor(scores: Sequence[Row]) -> dict[str, list[Row]]:
    """The RP of pairs of models that differ in one thing alone and share no weights, apart for each thing, the
    costliest first."""
    found: dict[str, list[Row]] = {}
    for s in _apart(_drawing(scores)):
        differs: tuple[str, ...] = s.tag("differs") or ()
        if len(differs) == 1:
            found.setdefault(differs[0], []).append(s)
    return dict(sorted(found.items(), key=lambda item: mean(item[1])))


def mean(rows: Sequence[Row]) -> float:
    """Of the values."""
    return sum(map(value_of, rows)) / len(rows)


def agreement(scores: Sequence[Row]) -> list[str]:
    """The pairs that agree most and least, and how many do not agree beyond chance and the Gaussian."""
    rows = select(scores, "matrix", "rp")
    everything = _apart(rows)
    if not everything:
        return []
    pairs = sorted(_apart(_drawing(scores)), key=value_of)
    if not pairs:
        return [
            f"In {_count(len(everything), 'pair')} of {len(everything)} a model draws no pictures, so that their "
            "agreement says nothing of the data: train longer."
        ]
    where = "" if len(everything) == len(rows) else " that share no weights"
    if len(pairs) < len(everything):
        where += f"{' and' if where else ' that'} both draw pictures"
    least, most = pairs[0], pairs[-1]
    if least is most:
        sentences = [f"{_pair(most)} agree on RP {r.at_least(value_of(most))} ({_baselines(most)})."]
    else:
        sentences = [
            f"Of {_count(len(pairs), 'pair')} of models{where}, {_pair(most)} agree most: RP "
            f"{r.at_least(value_of(most))} ({_baselines(most)}); {_pair(least)} agree least: RP "
            f"{r.at_most(value_of(least))} ({_baselines(least)})."
        ]
    fallen = [s for s in pairs if not stands(s)]
    if not fallen:
        every = "the pair" if least is most else f"each of the {len(pairs)}"
        sentences.append(
            f"The whole 95 % interval of {every} lies above its floor and above what the Gaussian of the "
            "training set scores."
        )
    else:
        sentences.append(
            f"{len(fallen)} of {_count(len(pairs), 'pair')} cannot be told from chance or from what the "
            f"Gaussian of the training set scores: {listed([_pair(s) for s in fallen])}."
        )
    return sentences


def optimum(scores: Sequence[Row]) -> list[str]:
    """Whether models agree because they copy one training set."""
    rows, copies = select(scores, "matrix", "rp_optimum"), select(scores, "matrix", "memorized")
    sentences = []
    if rows:
        near = sorted((s for s in rows if value_of(s) >= HALF), key=value_of, reverse=True)
        most = max(rows, key=value_of)
        if near:
            draw = "draw" if near[1:] else "draws"
            sentences.append(
                f"For at least half of the noises, {listed([s.a for s in near])} {draw} what the closed-form "
                f"optimum of the training set draws: RP up to {r.at_least(value_of(most))}. Such models agree "
                "because they copy."
            )
        else:
            sentences.append(
                f"No model is near the closed-form optimum of the training set: the nearest, {most.a}, draws its "
                f"picture for {r.percent_at_most(value_of(most))} of the noises."
            )
    if copies:
        most = max(copies, key=value_of)
        real = "" if most.floor is None else f"; {r.percent_at_least(most.floor)} of held-out real images do"
        sentences.append(
            f"At most {r.percent_at_most(value_of(most))} of a model's pictures match a training image ({most.a})"
            f"{real}."
        )
    return sentences


def factors(scores: Sequence[Row]) -> list[str]:
    """What each choice costs, beside another seed alone."""
    found = by_factor(scores)
    seeds = found.pop("seed", [])
    if not (found or seeds):
        return []
    if not seeds:
        means = [f"in the {_named(f)} {mean(rows):.2f} ({_count(len(rows), 'pair')})" for f, rows in found.items()]
        return [
            f"Mean RP of models that differ in one thing alone: {'; '.join(means)}. No two differ in the seed alone, "
            "so that there is nothing to set it against."
        ]
    known = mean(seeds)
    sentences = [f"Models that differ in the seed alone have RP {known:.2f}{_spread(seeds)}."]
    for factor, rows in found.items():
        cost = known - mean(rows)
        if _mean_end(rows, 1) < _mean_end(seeds, 0):
            said = f"{r.at_least(cost)} less"
        elif _mean_end(rows, 0) > _mean_end(seeds, 1):
            said = f"{r.at_least(-cost)} more"
        else:
            said = "no difference beyond the intervals"
        sentences.append(f"In the {_named(factor)} alone: {mean(rows):.2f}{_spread(rows)}, {said}.")
    return [" ".join(sentences)]


def students(scores: Sequence[Row]) -> list[str]:
    """How much of a student's agreement is its teacher's weights, and how much is left with another seed of it."""
    rows = _drawing(scores)
    own = [s for s in rows if s.tag("lineage") in (s.a, s.b)]
    if not own:
        return []
    agree = listed([f"{_pair(s)} agree on RP {value_of(s):.2f}" for s in own])
    sentences = [
        f"Students start from their teacher's weights: {agree}. Pairs that share weights are not counted above."
    ]
    others = [s for s in rows if _other_seed(s, own, rows)]
    if others:
        seeds = by_factor(scores)["seed"]
        sentences.append(
            f"With another seed of their teacher they agree on RP {mean(others):.2f}{_spread(others)}; two seeds "
            f"trained alike agree on {mean(seeds):.2f}{_spread(seeds)}."
        )
    return sentences


def _other_seed(s: Row, own: Sequence[Row], rows: Sequence[Row]) -> bool:
    """Whether a pair is a student and a model that differs from its teacher in the seed alone."""
    teachers = {(row.b if row.a == row.tag("lineage") else row.a): row.tag("lineage") for row in own}
    alike = {frozenset((row.a, row.b)) for row in rows if row.tag("differs") == ("seed",)}
    return any(frozenset((teachers.get(x), y)) in alike for x, y in ((s.a, s.b), (s.b, s.a)))


def likeness(scores: Sequence[Row]) -> list[str]:
    """Which models draw pictures far from the data."""
    rows = [s for s in select(scores, "matrix", "nn_distance") if s.floor]
    if not rows:
        return []
    far = sorted(draw_nothing(scores).values(), key=value_of, reverse=True)
    if far:
        named = [f"{s.a} ({r.at_least(value_of(s))} against {s.floor:.2f})" for s in far]
        return [
            f"Far from the data is what {listed(named)} {'draw' if far[1:] else 'draws'}: median distance to the "
            "nearest real image, against that of other real images. What such a model agrees on says nothing of the "
            "data; its pairs are not counted above."
        ]
    ratio, s = max((value_of(s) / (s.floor or 1), s.a) for s in rows)
    return [
        f"Every model draws pictures: by the median distance to the nearest real image, they are at most "
        f"{r.at_most(ratio, 1)} times as far from the data as other real images are ({s})."
    ]


def _drawing(scores: Sequence[Row]) -> list[Row]:
    """RP of the pairs of models that both draw pictures."""
    nothing = draw_nothing(scores)
    return [s for s in select(scores, "matrix", "rp") if s.a not in nothing and s.b not in nothing]


def _apart(rows: Sequence[Row]) -> list[Row]:
    """The pairs that share no weights."""
    return [s for s in rows if s.tag("lineage") is None]


def _mean_end(rows: Sequence[Row], end: int) -> float:
    """Mean of the lower (0) or upper (1) ends of the intervals."""
    return sum(value_of(s) if s.ci95 is None else s.ci95[end] for s in rows) / len(rows)


def _pair(s: Row) -> str:
    return f"{s.a} and {s.b}"


def _baselines(s: Row) -> str:
    floor, gaussian = ("unknown" if base is None else r.at_most(base) for base in (s.floor, s.gaussian))
    return f"floor {floor}, Gaussian {gaussian}"


def _named(factor: str) -> str:
    return FACTORS.get(factor, factor)


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _spread(rows: Sequence[Row]) -> str:
    if len(rows) == 1:
        return " (1 pair)"
    ends = min(map(value_of, rows)), max(map(value_of, rows))
    return f" on average ({len(rows)} pairs, {r.interval(ends)})"
