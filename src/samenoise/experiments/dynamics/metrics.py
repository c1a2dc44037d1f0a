"""What the metrics of ``dynamics`` mean."""

from __future__ import annotations

from samenoise.lab.experiment import Definition

__all__ = ["METRICS"]

METRICS = {
    "generalization_time": Definition(
        "Generalization time",
        "first update at which E_gen ≤ 0.9 × that of the Gaussian (upper end of its interval), mmd_gap < 0 "
        "(upper end) and rp_teacher > its floor (lower end)",
        "After how many updates a network draws pictures, those of the truth more often than by chance, and clearly "
        "nearer to them than the Gaussian of its training set; the interval starts at the checkpoint before, or at 0.",
        "next(u for u, there in zip(updates, generalized) if there)  # generalized[k]: all three, after updates[k]",
    ),
    "memorization_time": Definition(
        "Memorization time",
        "first update at which memorized > its floor + 0.1",
        "After how many updates a network copies clearly more often than held-out real images pass for copies; the "
        "interval starts at the checkpoint before.",
        "next(u for u, m in zip(updates, copied) if m > floor + 0.1)  # copied[k]: memorized after updates[k]",
    ),
}
