"""A Ray of a test's own: two nodes on this machine."""

from __future__ import annotations

import os
from typing import Any

import pytest


def started(cpus: int) -> Any:
    """A cluster, whose second node is ``second``, or a skipped test that says what is missing."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_raylet_start_wait_time_s", "90")  # a machine may be busy
    pytest.importorskip("ray", reason="no ray here: pip install 'samenoise[ray]'")
    from ray.cluster_utils import Cluster

    node = {"num_cpus": cpus, "object_store_memory": 80 * 2**20}
    cluster = Cluster()
    try:
        cluster.add_node(**node)
        cluster.second = cluster.add_node(**node)
    except Exception as error:  # of whatever a container forbids
        cluster.shutdown()
        pytest.skip(f"Ray does not start here: {str(error).strip().partition(chr(10))[0]}")
    return cluster
