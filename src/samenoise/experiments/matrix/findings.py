"""What the experiment ``matrix`` found, in sentences: which of the things that models differ in cost agreement.

The agreement of a model that draws no pictures says nothing: its pairs are named, and left out of every count and mean.
That of a student with its teacher is in part that of weights with themselves: such pairs are left out of every mean.
What is said of the most, the least and all pairs rests on intervals that hold for all of them at once; what a choice
costs, on an additive model in which a model may lower all of its pairs (:mod:`samenoise.metrics.factors`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenoise.experiments.matrix.pairs import FACTORS, apart, by_factor, drawing, mean, stands
from samenoise.lab.experiment import Finding
from samenoise.lab.run_files import Row, select
from samenoise.metrics.factors import Effect, additive
from samenoise.report import rounding as r
from samenoise.report.evidence import copies
from samenoise.report.pictures import draw_nothing, pictures_or_not
from samenoise.report.trained import better
from samenoise.report.wording import listed, low_end, value_of

__all__ = ["agreement", "factors", "findings", "optimum", "students"]

HALF = 0.5
"""A model copies as a rule from this share of its pictures on."""


def findings(scores: Sequence[Row]) -> Iterator[Finding]:
    """In reading order."""
    yield Finding("Which models agree", agreement(scores))
    yield Finding("Copies or not", optimum(scores))
    yield Finding("What costs agreement", factors(scores))
    yield Finding("Students", students(scores))
    yield Finding("Pictures or not", pictures_or_not(scores, "matrix"))


def agreement(scores: Sequence[Row]) -> list[str]:
    """The pairs that agree most and least, and how many do not agree beyond chance and the Gaussian."""
    rows = select(scores, "matrix", "rp")
    everything = apart(rows)
    if not everything:
        return []
    pairs = sorted(apart(drawing(scores)), key=value_of)
    if not pairs:
        nothing = draw_nothing(scores, "matrix")
        known = all(s.value is not None for s in nothing.values())
        said = "a model draws no pictures" if known else "it cannot be told whether both models draw pictures"
        helps = f": {better(scores, everything[0], list(nothing))} may help" if known else ""
        return [
            f"In {_count(len(everything), 'pair')} of {len(everything)} {said}, so that their agreement says nothing "
            f"of the data{helps}."
        ]
    where = "" if len(everything) == len(rows) else " that share no weights"
    if len(pairs) < len(everything):
        where += f"{', and' if where else ','} without those that draw no pictures"
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
        jointly = " (such that all hold at once)" if pairs[1:] and least.tag("ci95_pairs") else ""
        sentences.append(
            f"The whole 95 % interval of {every}{jointly} lies above its floor and above what the Gaussian of the "
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
    rows, matches = select(scores, "matrix", "rp_optimum"), select(scores, "matrix", "memorized")
    sentences = []
    if rows:
        near = sorted((s for s in rows if low_end(s) > max(HALF, s.floor or 0.0)), key=value_of, reverse=True)
        most = max(rows, key=value_of)
        if near:
            draw = "draw" if near[1:] else "draws"
            copy = [s.a for s in near if all(w.holds for w in copies(scores, s, (s.a,), HALF))]
            sentences.append(
                f"For at least half of the noises, {listed([s.a for s in near])} {draw} what the closed-form "
                f"optimum of the training set draws: RP up to {r.at_least(value_of(most))}."
            )
            if copy:
                sentences.append(
                    f"Of what {listed(copy)} {draw} more than half are copies: such models agree because they copy."
                )
        else:
            chance = "" if most.floor is None else f", by chance for {r.percent_at_most(most.floor)}"
            sentences.append(
                f"No model is shown to be near the closed-form optimum of the training set: the nearest, {most.a}, "
                f"draws its picture for {r.percent_at_most(value_of(most))} of the noises{chance}."
            )
    if matches:
        most = max(matches, key=value_of)
        real = "" if most.floor is None else f"; {r.percent_at_least(most.floor)} of held-out real images do"
        sentences.append(
            f"At most {r.percent_at_most(value_of(most))} of a model's pictures match a training image ({most.a})"
            f"{real}."
        )
    return sentences


def factors(scores: Sequence[Row]) -> list[str]:
    """What each choice costs, all others alike."""
    rows = apart(drawing(scores))
    if rows and not any(map(stands, rows)):
        return [
            "What a choice costs is not told: no pair is shown to agree beyond chance and what the Gaussian of the "
            "training set scores, so that there is nothing learnt to lose."
        ]
    differ = [s.tag("differs") or () for s in rows]
    names = [name for name in FACTORS if name != "seed" and any(name in each for each in differ)]
    if not names:
        seeds = by_factor(scores).get("seed", [])
        return [f"Models that differ in the seed alone have RP {mean(seeds):.2f}{_spread(seeds)}."] if seeds else []
    try:
        fit = additive([value_of(s) for s in rows], [(s.a, s.b) for s in rows], differ, names)
    except ValueError as error:
        return [f"What each choice costs is not determined: {error}."]
    known = [name for name in names if not fit.effects[name].note]
    sentences = []
    if not fit.mean.note:
        low, high = fit.mean.ci95
        alike = f"RP {fit.mean.value:.2f} (95 % interval {r.interval((max(low, 0.0), min(high, 1.0)))})"
        sentences.append(
            f"Two models that differ in the seed alone are put at {alike}, by an additive model of {len(rows)} pairs "
            "in which a model may lower all of its own."
        )
    for name in sorted(known, key=lambda name: fit.effects[name].value):
        sentences.append(f"Another {_named(name)}: {_cost(fit.effects[name])}.")
    sentences += [
        f"What the {_named(name)} costs is not told: {_untold(fit.effects[name])}."
        for name in names
        if name not in known
    ]
    return [" ".join(sentences)]


def _cost(effect: Effect) -> str:
    (low, high), pairs = effect.ci95, _count(effect.pairs, "pair")
    if high < 0:
        return f"{r.at_least(-effect.value)} less (95 % interval {r.interval((-high, -low))}; {pairs})"
    if low > 0:
        return f"{r.at_least(effect.value)} more (95 % interval {r.interval((low, high))}; {pairs})"
    return f"no difference beyond the interval (a change of {r.interval((low, high))}; {pairs})"


def _untold(effect: Effect) -> str:
    """The note, with the factors by their names."""
    words = effect.note
    for name, named in FACTORS.items():
        words = words.replace(name, named) if name != named else words
    return words


def students(scores: Sequence[Row]) -> list[str]:
    """How much of a student's agreement is its teacher's weights, and how much is left with another seed of it."""
    rows = drawing(scores)
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
