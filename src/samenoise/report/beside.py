"""Which row stands beside another: of the same models, size and training, by another metric."""

from __future__ import annotations

from collections.abc import Iterable

from samenoise.lab.run_files import Row

__all__ = ["at"]


def at(scores: Iterable[Row], like: Row, metric: str, a: str | None = None, b: str | None = None) -> Row | None:
    """The row of a metric that is of the experiment and size of ``like``, and of its models unless others are given;
    where both rows have a tag, such as the update of a look, it is the same."""
    wanted = (like.experiment, metric, like.a if a is None else a, like.n_train)
    for s in scores:
        tagged_alike = all(s.tags[tag] == value for tag, value in like.tags.items() if tag in s.tags)
        if (s.experiment, s.metric, s.a, s.n_train) == wanted and b in (None, s.b) and tagged_alike:
            return s
    return None
