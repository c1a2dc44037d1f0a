"""What the metrics of ``dynamics`` mean."""

from __future__ import annotations

from samenoise.lab.experiment import Definition

__all__ = ["METRICS"]

METRICS = {
    "generalization_time": Definition(
        "Generalization time",
        "first update at which E_gen ≤ 1.05 × its lowest of the training",
        "After how many updates a network is about as near to the truth as it comes; the interval starts at the "
        "checkpoint before.",
        "next(u for u, e in zip(updates, e_gen) if e <= 1.05 * min(e_gen))  # e_gen[k]: after updates[k]",
    ),
    "memorization_time": Definition(
        "Memorization time",
        "first update at which memorized > its floor + 0.1",
        "After how many updates a network copies clearly more often than held-out real images pass for copies; the "
        "interval starts at the checkpoint before.",
        "next(u for u, m in zip(updates, copied) if m > floor + 0.1)  # copied[k]: memorized after updates[k]",
    ),
}
