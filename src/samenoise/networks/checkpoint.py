"""Checkpoints: a trained denoiser as a folder in diffusers' layout, on disk or on the Hugging Face hub.

    config.json                              of the network; for "unet", "ncsnpp" and "dit" diffusers' own, to the byte
    diffusion_pytorch_model.safetensors      its weights
    process.json                             what makes the network a denoiser: process, parameterisation, sigma_data;
                                             the times of a few-step student; how samenoise builds the network

so that ``UNet2DModel.from_pretrained(folder)`` of diffusers reads it too.

A folder may come from anywhere. ``process.json`` is checked by the model that writes it, and the names and shapes of
the weights are compared with those of the network it describes before there is memory for either.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from samenoise.checks import once
from samenoise.data.limits import read_file
from samenoise.denoiser import NetworkDenoiser
from samenoise.networks import Network, from_config, skeleton
from samenoise.networks.base import DiffusersNetwork
from samenoise.networks.saved import Saved

__all__ = ["WEIGHTS", "from_pretrained", "push_to_hub", "save_pretrained"]

CONFIG, WEIGHTS, PROCESS = "config.json", "diffusion_pytorch_model.safetensors", "process.json"
MAX_PROCESS = 2**20
"""Bytes of ``process.json``; one of a thousand times has 20,000."""
FLOATS = ("F16", "BF16", "F32", "F64")


def save_pretrained(denoiser: NetworkDenoiser, folder: str | Path) -> None:
    """Write the three files into ``folder``, which is made where it is missing.

    Raises:
        ValueError: for a network that :func:`samenoise.networks.build` does not make, or another process than those of
            :mod:`samenoise.process`.
    """
    network, folder = denoiser.network, Path(folder)
    if not isinstance(network, Network):
        raise ValueError(f"only networks of samenoise.networks are saved, not {type(network).__name__}")
    made = Saved.of(denoiser)
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(network, DiffusersNetwork):
        network.model.save_pretrained(folder)
    else:
        weights = {name: value.contiguous() for name, value in network.state_dict().items()}
        save_file(weights, folder / WEIGHTS, {"format": "pt"})
        config = {"_class_name": type(network).__name__, **network.config(), "parameters": network.parameters_count}
        _write(folder / CONFIG, config)
    _write(folder / PROCESS, made.model_dump(exclude_defaults=True))  # the last: a folder with this file is complete


def from_pretrained(folder_or_repo_id: str | Path, revision: str | None = None) -> NetworkDenoiser:
    """A trained denoiser, on the CPU and in evaluation mode.

    Args:
        folder_or_repo_id: a folder that :func:`save_pretrained` wrote, or a repository of the Hugging Face hub that
            :func:`push_to_hub` made, such as ``"owner/name"``. A folder comes first.
        revision: branch, tag or commit of a repository.

    Raises:
        FileNotFoundError: there is no such folder or repository, or it misses one of the files.
        ValueError: its files do not belong together, or are damaged; a weight is no float, or NaN or infinite.
    """
    folder = Path(folder_or_repo_id)
    if not os.path.isdir(folder):  # which says no, too, of a name that no folder can have
        folder = _download(str(folder_or_repo_id), revision)
    for file in (PROCESS, WEIGHTS):
        if not (folder / file).is_file():
            raise FileNotFoundError(f"{folder_or_repo_id} has no {file}: it is no model that samenoise saved")
    try:
        saved = _saved(read_file(folder / PROCESS, MAX_PROCESS))
        _require_shapes(folder / WEIGHTS, saved)
        network = from_config(saved.network.model_dump())
        network.core.load_state_dict(load_file(folder / WEIGHTS))
        for name, value in network.state_dict().items():
            if not bool(value.isfinite().all()):
                raise ValueError(f"the weight {name} holds NaN or infinity")
    except (OSError, ValueError, SafetensorError) as error:
        raise ValueError(f"{folder_or_repo_id} is damaged, or of another version of samenoise: {error}") from error
    grid = None if saved.grid is None else torch.tensor(saved.grid, dtype=torch.float64)
    return NetworkDenoiser(
        network.eval(), saved.build_process(), network.shape, saved.parameterisation, saved.sigma_data, grid
    )


def push_to_hub(denoiser: NetworkDenoiser, repo_id: str, private: bool = False, token: str | None = None) -> str:
    """Upload a denoiser and a model card to the Hugging Face hub; the repository is made where it is missing.

    Args:
        repo_id: ``"owner/name"``.
        private: of a new repository.
        token: of the hub; ``None`` is that of ``hf auth login`` or ``HF_TOKEN``.

    Returns:
        Address of the commit.
    """
    from huggingface_hub import HfApi

    api = HfApi(token=token)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        save_pretrained(denoiser, folder)
        (folder / "README.md").write_text(_card(denoiser, repo_id), encoding="utf-8")
        api.create_repo(repo_id, private=private, exist_ok=True)
        commit = api.upload_folder(repo_id=repo_id, folder_path=folder, commit_message="Upload with samenoise")
    return str(commit.commit_url)


def _download(repo_id: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repo_id, revision=revision, allow_patterns=[CONFIG, WEIGHTS, PROCESS]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
        at = "" if revision is None else f" at {revision}"
        what, why = repr(repo_id), " ".join(str(error).split())  # it has several lines
        raise FileNotFoundError(
            f"{what:.200} is no folder, and as a repository of the Hugging Face hub{at} it cannot be read: {why:.500}"
        ) from error


def _saved(text: bytes) -> Saved:
    """The content of ``process.json``."""
    try:
        json.loads(text, object_pairs_hook=once, parse_constant=_no_number)  # neither of which is checked below
        return Saved.model_validate_json(text)
    except RecursionError:
        raise ValueError(f"{PROCESS} is nested too deeply") from None
    except ValidationError as error:
        problem = error.errors(include_input=False)[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise ValueError(f"{PROCESS}: {where}{': ' * bool(where)}{problem['msg']}") from None


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is no number")


def _require_shapes(weights: Path, saved: Saved) -> None:
    """Raise a ``ValueError`` unless a file holds the weights of the network that is described, by its header alone."""
    with safe_open(weights, framework="pt") as file:
        about = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118  # it is no mapping
        found = {name: (tuple(each.get_shape()), each.get_dtype()) for name, each in about.items()}
    if saved.network.depth > len(found):  # a block of a network has a weight at least
        raise ValueError(f"{len(found)} weights are none of a network of depth {saved.network.depth}")
    network = skeleton(saved.network.model_dump())
    wanted = {name: tuple(value.shape) for name, value in network.core.state_dict().items()}
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            raise ValueError(f"{WEIGHTS} lacks the weight {name}")
        if name not in wanted:
            raise ValueError(f"{WEIGHTS} has a weight {name:.100}, which the network has not")
        shape, dtype = found[name]
        if shape != wanted[name] or dtype not in FLOATS:
            raise ValueError(f"the weight {name} is {dtype} of shape {shape}, not floats of shape {wanted[name]}")
    if network.parameters_count != saved.parameters:
        raise ValueError(f"{PROCESS} has {saved.parameters} parameters, the network {network.parameters_count}")


def _card(denoiser: NetworkDenoiser, repo_id: str) -> str:
    network = denoiser.network
    assert isinstance(network, Network)
    size, sampling = "x".join(map(str, network.shape)), "" if denoiser.grid is None else ", grid=denoiser.grid"
    kind, classes = (
        ("class-conditional", f"of {network.classes} classes") if network.classes else ("unconditional",) * 2
    )
    students = "" if denoiser.grid is None else f" It is a student for {len(denoiser.grid) - 1} steps."
    return f"""---
library_name: samenoise
tags: [samenoise, diffusion, {kind}-image-generation]
---

# {repo_id.split("/")[-1]}

A diffusion model of {size} images, {classes}: `{network.name}` of width {network.width} with
{network.parameters_count:,} parameters, trained as `{denoiser.parameterisation}` under the process
`{denoiser.process.name}`.{students}

```python
from samenoise import NoiseBank, generate
from samenoise.networks.checkpoint import from_pretrained

denoiser = from_pretrained("{repo_id}")
for batch in generate(denoiser, NoiseBank(0, denoiser.shape), range(16){sampling}):
    print(batch.images.shape)
```
"""


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
