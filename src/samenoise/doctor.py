"""What this machine can do: versions, devices, memory, disk, optional packages."""

from __future__ import annotations

import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["examine"]

OPTIONAL = {
    "torchmetrics": "scores as torchmetrics modules",
    "datasets": "data sets of the Hugging Face hub",
    "tensorboard": "training logs by --log-with tensorboard",
    "triton": "torch.compile on GPUs",
}


def examine() -> list[dict[str, str]]:
    """One entry a check: name, state (``ok``, ``note`` or ``fail``) and a sentence."""
    import torch

    from samenoise.noise import NoiseBank
    from samenoise.runs.local import cores

    checks = []

    def check(name: str, state: str, text: str) -> None:
        checks.append({"name": name, "state": state, "text": text})

    check("python", "ok", platform.python_version())
    check("torch", "ok", f"{torch.__version__}, {cores()} cores: that many units of work side by side")
    expected = [-2.2718842, -0.7013279, -1.2189802, 0.16217156]
    same = torch.equal(NoiseBank(0, (4,))[0], torch.tensor(expected))
    text = "draws the published check values" if same else "does NOT draw the published check values: report this"
    check("noise bank", "ok" if same else "fail", text)
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(k) for k in range(torch.cuda.device_count())]
        check("gpu", "ok", f"{', '.join(names)}: use --device cuda")
    elif torch.backends.mps.is_available():
        check("gpu", "ok", "Apple GPU: use --device mps")
    else:
        check("gpu", "note", "none; the digits presets do not need one")
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    check("disk", "ok" if free > 1 else "note", f"{free:.0f} GB free here; `samenoise run digits` takes under 0.1 GB")
    for package, use in OPTIONAL.items():
        try:
            check(package, "ok", version(package))
        except PackageNotFoundError:
            check(package, "note", f"not installed; it gives {use}")
    return checks
