"""What ``conditional`` found, in sentences.

Pictures of one label are alike anyway: what is claimed is agreement beyond that of other noises of the same label, and
beyond the Gaussian of the images of that label.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenoise.experiments.conditional.copies import copying, optimum, witnesses
from samenoise.experiments.conditional.series import NAME, of, of_models, pairs, scales, span
from samenoise.lab.experiment import Finding, Witness
from samenoise.lab.run_files import Row, select
from samenoise.report import rounding as r
from samenoise.report.claims import Level, above, claim
from samenoise.report.evidence import OTHER_MODELS, agreement, learnt
from samenoise.report.pictures import far_from_the_data
from samenoise.report.wording import apart, low_end, value_of

__all__ = ["classes", "findings", "guidance", "pictures", "with_and_without", "within"]


def findings(scores: Sequence[Row]) -> Iterator[Finding]:
    """In reading order."""
    yield within(scores)
    yield Finding("Class by class", classes(scores))
    yield with_and_without(scores)
    yield Finding("Guidance", guidance(scores))
    yield Finding("Copying", copying(scores), tuple(witnesses(scores)))
    yield Finding("The optimum of the class", optimum(scores))
    yield Finding("Pictures or not", pictures(scores))


def within(scores: Sequence[Row]) -> Finding:
    """Whether models that are told the label agree, beyond what the label makes them."""
    told, title = pairs(scores, "rp", "class", 1.0), "Same noise, same label"
    if not told:
        return Finding(title, [])
    stated = _stated(
        told,
        "two models that are told the label draw the same picture from the same noise",
        "from two noises of one label",
        "the Gaussian of the class",
    )
    rows, weakest = of_models(scores, "class", 1.0), min(told, key=value_of)
    needed = [_beyond_label(scores), *agreement(rows, weakest)]
    needed += learnt(rows, weakest, [name for s in told for name in (s.a, s.b)])
    made = f"Models agree on the pictures of a class: {stated}."
    withheld = (
        f"That all models agree on the pictures of a class, and not by means and covariances, is not shown ({stated})"
    )
    return Finding(title, [claim(made, withheld, needed), *_beside_none(scores, told)], tuple(needed))


def _stated(rows: Sequence[Row], agree: str, chance: str, gaussian: str) -> str:
    """How often pairs agree, by chance, and with a Gaussian."""
    floor, normal = (r.percent_at_most(max(getattr(s, key) or 0.0 for s in rows)) for key in ("floor", "gaussian"))
    return (
        f"{agree} for {_shares(*span(rows))} of the noises ({_count(len(rows), 'pair')}), {chance} for {floor} or "
        f"less, and {gaussian} for {normal} or less{_beyond_both(rows)}"
    )


def _beyond_both(rows: Sequence[Row]) -> str:
    """In how many pairs the agreement lies above that of other noises, and above that with the Gaussian."""
    floor, normal = (
        sum(above("", s, _level(s, field), "").holds is True for s in rows) for field in ("floor", "gaussian")
    )
    return f"; beyond the intervals it is above the one in {floor} and above the other in {normal}"


def _level(s: Row, field: str) -> Level | None:
    value = getattr(s, field)
    return None if value is None else Level(value, getattr(s, f"{field}_ci95"))


def _beyond_label(scores: Sequence[Row]) -> Witness:
    rows = pairs(scores, "rp_beyond_label", "class", 1.0)
    more = sum(low_end(s) > 0 for s in rows)
    holds = True if more == len(rows) else None if all(value_of(s) > 0 for s in rows) else False
    settles = "more noises" if holds is None else OTHER_MODELS
    return Witness("agreement beyond the label, in every pair", f"in {more} of {len(rows)}", holds, settles)


def _beside_none(scores: Sequence[Row], told: Sequence[Row]) -> list[str]:
    """The same models without labels."""
    plain = {(s.a, s.b): s for s in pairs(scores, "rp", "none")}
    both = [(plain[s.a, s.b], s) for s in told if (s.a, s.b) in plain]
    if not both:
        return []
    more, less = (sum(apart(*(pair if up else pair[::-1])) for pair in both) for up in (True, False))
    ends = _shares(*span([alone for alone, _ in both]))
    verdict = "in no pair does the label change that beyond the intervals"
    if more or less:
        verdict = (
            f"the label makes that more in {more} of {_count(len(both), 'pair')}, less in {less}, beyond the intervals"
        )
    return [f"Without labels, the same models agree for {ends} of the noises; {verdict}."]


def classes(scores: Sequence[Row]) -> list[str]:
    """On which class they agree least, and whether on every one more than its pictures are alike anyway."""
    rows = pairs(scores, "rp_class", "class", 1.0)
    if not rows:
        return []
    means: dict[int, list[float]] = {}
    for s in rows:
        means.setdefault(s.tag("label"), []).append(value_of(s))
    mean = {label: sum(values) / len(values) for label, values in means.items()}
    low, high = min(mean, key=lambda label: mean[label]), max(mean, key=lambda label: mean[label])
    above = sum(s.floor is not None and low_end(s) > s.floor for s in rows)
    beyond = sum(s.gaussian is not None and low_end(s) > s.gaussian for s in rows)
    return [
        f"Models agree least on class {low} ({100 * mean[low]:.0f} % of the noises, mean of all pairs) and most on "
        f"class {high} ({100 * mean[high]:.0f} %); in {above} of {len(rows)} pairs and classes more than on two "
        f"noises of the class, and in {beyond} more than with the Gaussian of the class."
    ]


def with_and_without(scores: Sequence[Row]) -> Finding:
    """Whether what a model without labels draws is what one with labels draws of some class."""
    rows, title = pairs(scores, "conditional_rp", "class", 1.0), "With labels and without"
    if not rows:
        return Finding(title, [])
    stated = _stated(
        rows,
        "what a model without labels draws is what one with labels draws of some class from the same noise",
        "from another noise",
        "the Gaussians of the classes",
    )
    weakest = min(rows, key=value_of)
    needed = list(agreement(of_models(scores, "class", 1.0), weakest))
    needed += learnt(of_models(scores, "none"), weakest_of(scores, weakest.a), [s.a for s in rows])
    needed += learnt(of_models(scores, "class", 1.0), weakest, [s.b for s in rows])
    made = f"Models with labels and without agree: {stated}."
    withheld = (
        f"That all models with labels and without agree, and not by means and covariances, is not shown ({stated})"
    )
    return Finding(title, [claim(made, withheld, needed), *_unlabelled(scores)], tuple(needed))


def weakest_of(scores: Sequence[Row], name: str) -> Row:
    """A row of a model without labels, for the tags of its kind."""
    return next(s for s in of(scores, "nn_distance", "none") if s.a == name)


def _unlabelled(scores: Sequence[Row]) -> list[str]:
    rows = pairs(scores, "rp_unlabelled", "class", 0.0)
    if not rows:
        return []
    floor = max(s.floor or 0.0 for s in rows)
    more = sum(low_end(s) > floor for s in rows)
    return [
        "Told no label, a network that knows them draws the picture of its twin that knows none for "
        f"{_shares(*span(rows))} of the noises, in {more} of {_count(len(rows), 'model')} beyond the floor "
        f"({r.percent_at_most(floor)})."
    ]


def guidance(scores: Sequence[Row]) -> list[str]:
    """At each scale: how often models agree, and how often pictures are of their label; and whether guidance changes
    the one."""
    sentences, known = [], scales(scores)
    for scale in known:
        rows, obeyed = pairs(scores, "rp", "class", scale), of(scores, "label_obeyed", "class", scale)
        if not rows:
            sentences.append(f"At guidance {scale:g}, fewer than two models draw pictures.")
            continue
        floor = max(s.floor or 0.0 for s in rows)
        said = (
            f"At guidance {scale:g}, models agree for {_shares(*span(rows))} of the noises (two noises of one label: "
            f"{r.percent_at_most(floor)} or less)"
        )
        if obeyed:
            said += f"; {_shares(*span(obeyed))} of the pictures are nearest to a training image of their label"
        sentences.append(f"{said}.")
    far = [scale for scale in known if scale > 1 and pairs(scores, "rp", "class", scale)]
    plain = {(s.a, s.b): s for s in pairs(scores, "rp", "class", 1.0)}
    both = [(plain[s.a, s.b], s) for s in pairs(scores, "rp", "class", max(far, default=1.0)) if (s.a, s.b) in plain]
    if far and both:
        more, less = (sum(apart(*(pair if up else pair[::-1])) for pair in both) for up in (True, False))
        sentences.append(
            f"From guidance 1 to {max(far):g}, agreement grows in {more} of {_count(len(both), 'pair')} and falls in "
            f"{less}, beyond the intervals."
        )
    return sentences


def pictures(scores: Sequence[Row]) -> list[str]:
    """Which models draw no pictures of the data, and where."""
    if not select(scores, NAME, "mmd_gap"):
        return []
    found = [far_from_the_data(of_models(scores, "none"), NAME, "without labels")]
    for scale in scales(scores):
        found.append(far_from_the_data(of_models(scores, "class", scale), NAME, f"with labels at guidance {scale:g}"))
    named = [each for each in found if each]
    if not named:
        return [
            "No model draws clearly farther from held-out images than the Gaussian of the training set, at any scale."
        ]
    return [*named, "Their pairs are not counted above."]


def _shares(least: float, most: float) -> str:
    if least == most:
        return r.percent_at_least(least)
    return f"{r.percent_at_least(least)} to {r.percent_at_most(most)}"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
