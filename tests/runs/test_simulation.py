"""The schedule played through: Graham's laws for any cells, and the longest chain as networkx finds it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from number_cell import Number, layers

from samenoise.runs.cell import in_order
from samenoise.runs.simulation import Job, enough, jobs_of, longest_chain, makespan

laws = settings(max_examples=60, deadline=None)


@st.composite
def runs(draw: st.DrawFn, most: int = 12) -> dict[str, Job]:
    """Jobs, each of which may need any of those before it."""
    found: dict[str, Job] = {}
    for k in range(draw(st.integers(1, most))):
        needs = draw(st.lists(st.sampled_from(sorted(found)), max_size=3)) if found else []
        found[f"{k:02}"] = Job(draw(st.integers(0, 9)), tuple(needs), draw(st.integers(0, 3)))
    return found


def work(jobs: dict[str, Job]) -> float:
    return sum(job.seconds for job in jobs.values())


def chain(jobs: dict[str, Job]) -> float:
    return sum(jobs[key].seconds for key in longest_chain(jobs))


def every_chain(jobs: dict[str, Job]) -> float:
    """The longest of all paths, one by one."""

    def longest(key: str) -> float:
        return jobs[key].seconds + max((longest(need) for need in jobs[key].needs), default=0)

    return max(longest(key) for key in jobs)


@laws
@given(jobs=runs())
def test_the_longest_chain_is_that_of_all_paths(jobs: dict[str, Job]) -> None:
    found = longest_chain(jobs)
    assert chain(jobs) == every_chain(jobs)
    assert all(before in jobs[after].needs for before, after in itertools.pairwise(found))


@laws
@given(jobs=runs())
def test_one_worker_takes_all_the_work_and_very_many_the_longest_chain(jobs: dict[str, Job]) -> None:
    assert makespan(jobs, 1) == work(jobs)
    assert makespan(jobs, len(jobs)) == makespan(jobs, 10**9) == every_chain(jobs)


@laws
@given(jobs=runs(), workers=st.integers(1, 6))
def test_no_schedule_is_shorter_than_its_bounds_or_longer_than_grahams(jobs: dict[str, Job], workers: int) -> None:
    took, longest = makespan(jobs, workers), every_chain(jobs)
    least = max(work(jobs) / workers, longest)
    assert least - 1e-9 <= took <= work(jobs) / workers + (1 - 1 / workers) * longest + 1e-9
    assert took <= (2 - 1 / workers) * least + 1e-9


@settings(max_examples=25, deadline=None)
@given(jobs=runs(most=6))
def test_two_workers_beside_the_best_schedule_of_all(jobs: dict[str, Job]) -> None:
    """Of every order in which jobs may be taken, none ends before the bound, and ours is one of them."""

    def spans(done: dict[str, float], free: tuple[float, float]) -> set[float]:
        rest = [key for key in jobs if key not in done and all(need in done for need in jobs[key].needs)]
        if not rest:
            return {max(free)}
        found: set[float] = set()
        for key in rest:
            start = max(free[0], *(done[need] for need in jobs[key].needs), 0)
            end = start + jobs[key].seconds
            found |= spans({**done, key: end}, tuple(sorted((end, free[1]))))  # type: ignore[arg-type]
        return found

    possible = spans({}, (0.0, 0.0))
    assert makespan(jobs, 2) in possible
    assert makespan(jobs, 2) <= 1.5 * min(possible) + 1e-9


def test_the_dearest_of_what_is_ready_is_taken_first() -> None:
    """By rank, whatever it takes: as executors do, who know no seconds."""
    jobs = {"a": Job(1, (), 1), "b": Job(4, (), 0), "c": Job(3, (), 5)}
    assert makespan(jobs, 2) == 5, "c and a, then b beside the rest of c"
    assert makespan({**jobs, "b": Job(4, (), 9)}, 2) == 4


def test_a_machine_of_more_workers_may_be_slower() -> None:
    """Graham's anomaly: it is played through, not smoothed over."""
    seconds = [3, 2, 2, 2, 4, 4, 4, 4, 9]
    needs = {8: (0,), 4: (3,), 5: (3,), 6: (3,), 7: (3,)}
    jobs = {f"{k}": Job(each, tuple(map(str, needs.get(k, ()))), len(seconds) - k) for k, each in enumerate(seconds)}
    assert (makespan(jobs, 3), makespan(jobs, 4)) == (12, 15)


def test_who_comes_free_at_one_moment_chooses_from_all_that_is_ready_then() -> None:
    """What the second to end makes ready is dearer than what the first does, and goes before it."""
    jobs = {"a": Job(1), "b": Job(1), "c": Job(5, ("a",), 0), "d": Job(1, ("b",), 2), "e": Job(1, ("b",), 1)}
    assert makespan(jobs, 2) == 7


@pytest.mark.timeout(10)
def test_as_many_workers_as_just_do_are_enough() -> None:
    for count in (1, 2, 3, 4, 5, 7):
        assert enough({f"{k}": Job(1) for k in range(count)}, within=0.0) == count


@laws
@given(jobs=runs())
def test_enough_workers_come_within_their_share(jobs: dict[str, Job]) -> None:
    found = enough(jobs, 0.1)
    assert makespan(jobs, found) <= 1.1 * chain(jobs)
    assert found == 1 or makespan(jobs, found - 1) > 1.1 * chain(jobs)


def test_cells_become_jobs_but_for_what_is_there() -> None:
    cells = in_order(list(layers()))
    seconds = {cell.hash: float(cell.value) for cell in cells if isinstance(cell, Number) and cell.value >= 10}
    jobs = jobs_of(cells, seconds)
    assert set(jobs) == set(seconds)
    assert {len(job.needs) for job in jobs.values()} == {0, 2}, "the first layer is there already"
    assert makespan(jobs, 1) == sum(seconds.values())
    assert makespan(jobs, 4) == chain(jobs) == 13 + 23


def test_nothing_takes_no_time() -> None:
    assert (makespan({}, 3), longest_chain({}), enough({})) == (0, [], 1)


def test_ten_thousand_jobs_and_networkx() -> None:
    networkx = pytest.importorskip("networkx", reason="networkx is not installed")
    jobs = {
        f"{k:05}": Job(k * 7919 % 101, tuple(f"{k - step:05}" for step in (1, 30, 977) if k >= step and k % step))
        for k in range(10_000)
    }
    graph = networkx.DiGraph()
    graph.add_nodes_from(jobs)
    # The seconds of a job lie on the edges that lead to it, and those of the first on one from nowhere.
    for key, job in jobs.items():
        for need in job.needs or ("start",):
            graph.add_edge(need, key, weight=job.seconds)
    assert networkx.dag_longest_path_length(graph) == chain(jobs) == makespan(jobs, 10_000)
