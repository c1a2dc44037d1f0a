"""What the metrics of ``encoding`` mean."""

from __future__ import annotations

from samenoise.lab.experiment import Definition

__all__ = ["METRICS"]

_IMPORTS = (
    "from samenoise.experiments.encoding.scoring import *; planes_a = Planes.of(a.array, bank, planes, threshold)"
)

METRICS = {
    "map_agreement": Definition(
        "Agreement of maps",
        "P[ argmaxₖ M(a(z), a(zₖ)) = argmaxₖ M(b(z), b(zₖ)) ], zₖ the anchors of the plane of z",
        "Share of the places of a plane that two maps put to the same anchor. Floor: maps of two planes, which the "
        "places alone make agree.",
        f"{_IMPORTS}; average(agreement(planes_a, planes_b))",
    ),
    "map_correlation": Definition(
        "Correlation of maps",
        "corr over places z and anchors k of M(a(z), a(zₖ)) and M(b(z), b(zₖ))",
        "Whether the pictures of two generators are alike the anchors' at the same places, and as much. Floor: maps of "
        "two planes.",
        f"{_IMPORTS}; average(correlation(planes_a, planes_b))",
    ),
    "map_smoothness": Definition(
        "Smoothness of a map",
        "P[ two neighbouring places belong to one anchor ]",
        "Whether neighbouring noises belong to the same anchor. Floor: any two places of the plane.",
        f"{_IMPORTS}; average(smoothness(planes_a))",
    ),
    "anchor_share": Definition(
        "Share of the anchors' pictures",
        "P[ maxₖ M(a(z), a(zₖ)) > τ ]",
        "Share of the places whose picture is that of an anchor: how far an anchor's picture reaches.",
        f"{_IMPORTS}; average(share_above(planes_a, threshold))",
    ),
}
