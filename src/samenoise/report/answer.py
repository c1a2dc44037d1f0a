"""A run over training sizes in short, for who asks three things of it: how many images it takes until networks stop
copying, whether they have learnt more than their images, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenoise.lab.experiment import Finding
from samenoise.lab.run_files import Row, select
from samenoise.report import evidence
from samenoise.report import rounding as r
from samenoise.report.along_sizes import shown
from samenoise.report.claims import unmet_first
from samenoise.report.several import COPY_WAYS, twins
from samenoise.report.trained import MORE_IMAGES, MORE_TRAINING, OTHER_NETWORKS, Course, course
from samenoise.report.wording import high_end, listed, low_end, value_of

__all__ = ["TITLE", "answer"]

TITLE = "In short"
HALF = 0.5
"""Networks agree as a rule where they do on more than this share of the noises."""
N50 = [f"n50_{way}" for way in COPY_WAYS]
CALIBRATED = "n50_calibrated"


def answer(scores: Sequence[Row], found: Sequence[Finding], updates: int | None = None) -> Finding | None:
    """The answer, where a run asks how copying ends; nothing else.

    Args:
        found: what its experiments found.
        updates: of its trainings, where they are known.
    """
    known = [s for s in scores if s.metric in N50 and not (s.metric == CALIBRATED and twins(scores, s.experiment))]
    if not known:
        return None
    experiment = known[0].experiment
    largest = max((s.n_train or 0 for s in select(scores, experiment, "memorized")), default=0)
    if evidence.other_held_out(scores, experiment):
        return Finding(TITLE, ["Nothing can be told: the images held out to judge by are of another distribution."])
    sentences = [
        _stops(scores, known, largest),
        *_learnt(scores, found),
        _next(scores, known, experiment, found, updates),
    ]
    return Finding(TITLE, [sentence for sentence in sentences if sentence])


def _stops(scores: Sequence[Row], known: Sequence[Row], largest: int) -> str:
    """Between which sizes half of the pictures are copies, over all networks and ways to count."""
    told = [s for s in known if s.value is not None]
    beyond = _beyond(known)
    if told:
        least, most = min(map(low_end, told)), max(map(high_end, told))
        ends = f"between {r.about(least)} and {r.about(most)}" if most < float("inf") else f"above {r.about(least)}"
        more = "" if not beyond else f"; by some counts only beyond N = {largest}, the most tried"
        return (
            f"More than half of what networks draw are copies up to somewhere {ends} training images: which networks, "
            f"how long they are trained and what counts as a copy decides where{more}. {_none_seen(scores, known[0])}"
        )
    if beyond:
        return f"Networks copy their training images up to N = {largest}, the most tried: to stop, they need more."
    if any("less than half" in s.note for s in known):
        experiment = known[0].experiment
        gaps = [s for s in select(scores, experiment, "mmd_gap") if s.n_train == largest]
        copying = any(low_end(s) > 0 for s in select(scores, experiment, "memorized_excess"))
        if gaps and not copying and all(high_end(s) >= 0 for s in gaps):
            return "Networks draw no pictures of the data yet, and so no copies."
        return f"Networks copy less than half of what they draw at every size tried{_from(scores, known[0])}."
    return f"Where networks stop copying cannot be told: {known[0].note}."


def _none_seen(scores: Sequence[Row], like: Row) -> str:
    """From which size on no network is seen to copy, beyond what real images pass for, by any count."""
    rows = [s for s in select(scores, like.experiment, "memorized_excess") if s.value is not None]
    sizes = sorted({s.n_train or 0 for s in rows})
    copying = [s.n_train or 0 for s in rows if low_end(s) > 0 or shown(scores, s)]
    if not sizes:
        return ""
    without = [n for n in sizes if n > max(copying, default=0)]
    if not without:
        return f"By some count, some copy more than what real images pass for even at N = {sizes[-1]}, the most tried."
    return f"From N = {without[0]} on, none is seen to copy more than what real images pass for, by any count."


def _from(scores: Sequence[Row], like: Row) -> str:
    sizes = [s.n_train for s in select(scores, like.experiment, "memorized")]
    return f", from N = {min(filter(None, sizes))} on" if sizes else ""


def _why(settles: str) -> str:
    """Of what would make networks better: what is seen of their training."""
    if settles == MORE_IMAGES:
        return " (the loss on unseen images rises with the updates)"
    return " (these have come to the end of their training)" if settles == OTHER_NETWORKS else ""


def _beyond(known: Sequence[Row]) -> bool:
    return any(s.value is None and "more than half" in s.note for s in known)


def _learnt(scores: Sequence[Row], found: Sequence[Finding]) -> Iterator[str]:
    """Whether the last claim of a run, which is its farthest, is borne out."""
    claims = [finding for finding in found if finding.witnesses]
    if not claims:
        return
    missing = unmet_first(claims[-1].witnesses)
    if missing is None:
        yield f"At the largest size they {_new_pictures(scores)}."
        short = [finding.title for finding in claims if unmet_first(finding.witnesses) is not None]
        if short:
            yield f"Not all of that is shown: see {listed([f'“{title}”' for title in short])}."
    else:
        verb = "left open" if missing.holds is None else "not so"
        yield f"That they learn more than their own images is not shown: it needs {missing.needs}, which is {verb}."


def _new_pictures(scores: Sequence[Row]) -> str:
    """How far what networks agree on is learnt from what images have in common: as far as those that share none do."""
    pairs = [s for s in scores if s.metric == "rp_split" and s.value is not None]
    if not pairs:
        return "draw new pictures of what the images have in common, and agree on them"
    last = max(pairs, key=lambda s: s.n_train or 0)
    share = r.percent_at_least(value_of(last))
    network = last.a.partition("/")[0]
    same = f"networks {network} that share no training image draw the same one for {share} of the noises"
    if low_end(last) > HALF:
        return f"draw new pictures of what the images have in common, and agree on them: {same}"
    return f"begin to draw new pictures of what the images have in common: {same}"


def _next(
    scores: Sequence[Row], known: Sequence[Row], experiment: str, found: Sequence[Finding], updates: int | None
) -> str:
    """What would tell more."""
    changes = select(scores, experiment, "unseen_change")
    last = [s for s in changes if s.n_train == changes[-1].n_train] if changes else []
    falling, rising = ([s for s in last if course(s) is each] for each in (Course.FALLS, Course.RISES))
    advice = []
    if falling:
        falls = r.percent_at_least(max(-value_of(s) for s in falling))
        twice = "" if updates is None else f", as training.updates={2 * updates}"
        still = f"the loss on unseen images still fell by up to {falls} with the last doubling"
        advice.append(f"more updates{twice} ({still})")
    if _beyond(known):
        advice.append("more images")
    elif rising and not falling:
        rises = r.percent_at_least(max(map(value_of, rising)))
        advice.append(
            f"more images (networks overfit: the loss on unseen images rose by up to {rises} with the last doubling)"
        )
    claims = [finding for finding in found if finding.witnesses]
    missing = unmet_first(claims[-1].witnesses) if claims else None
    if missing is not None and missing.settles != "measuring it" and not (falling and missing.settles == MORE_TRAINING):
        advice.append(f"{missing.settles}{_why(missing.settles)}")
    if all(s.replicates == 1 for s in known):
        advice.append("replicates=3 (all of this is of one training of each network; another may differ)")
    return f"Next: {'; '.join(dict.fromkeys(advice))}." if advice else ""
