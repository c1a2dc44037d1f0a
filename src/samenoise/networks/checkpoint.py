"""Checkpoints: a trained denoiser as a folder in diffusers' layout, on disk or on the Hugging Face hub.

    config.json                              of the network; for "unet", "ncsnpp" and "dit" diffusers' own, to the byte
    diffusion_pytorch_model.safetensors      its weights
    process.json                             what makes the network a denoiser: process, parameterisation, sigma_data;
                                             the times of a few-step student; how samenoise builds the network

so that ``UNet2DModel.from_pretrained(folder)`` of diffusers reads it too.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from samenoise.denoiser import NetworkDenoiser
from samenoise.networks import Network, from_config
from samenoise.networks.base import DiffusersNetwork
from samenoise.process import PROCESSES, Process

__all__ = ["WEIGHTS", "from_pretrained", "push_to_hub", "save_pretrained"]

CONFIG, WEIGHTS, PROCESS = "config.json", "diffusion_pytorch_model.safetensors", "process.json"


def save_pretrained(denoiser: NetworkDenoiser, folder: str | Path) -> None:
    """Write the three files into ``folder``, which is made where it is missing.

    Raises:
        ValueError: for a network that :func:`samenoise.networks.build` does not make.
    """
    network, folder = denoiser.network, Path(folder)
    if not isinstance(network, Network):
        raise ValueError(f"only networks of samenoise.networks are saved, not {type(network).__name__}")
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(network, DiffusersNetwork):
        network.model.save_pretrained(folder)
    else:
        weights = {name: value.contiguous() for name, value in network.state_dict().items()}
        save_file(weights, folder / WEIGHTS, {"format": "pt"})
        config = {"_class_name": type(network).__name__, **network.config(), "parameters": network.parameters_count}
        _write(folder / CONFIG, config)
    made = {
        "process": denoiser.process.describe(),
        "parameterisation": denoiser.parameterisation,
        "sigma_data": denoiser.sigma_data,
        "grid": None if denoiser.grid is None else denoiser.grid.tolist(),
        "network": network.config(),
        "parameters": network.parameters_count,
    }
    _write(folder / PROCESS, made)  # the last: a folder with this file is complete


def from_pretrained(folder_or_repo_id: str | Path, revision: str | None = None) -> NetworkDenoiser:
    """A trained denoiser, on the CPU and in evaluation mode.

    Args:
        folder_or_repo_id: a folder that :func:`save_pretrained` wrote, or a repository of the Hugging Face hub that
            :func:`push_to_hub` made, such as ``"owner/name"``. A folder comes first.
        revision: branch, tag or commit of a repository.

    Raises:
        FileNotFoundError: there is no such folder or repository, or it misses one of the files.
        ValueError: its files do not belong together, or are damaged.
    """
    folder = Path(folder_or_repo_id)
    if not folder.is_dir():
        folder = _download(str(folder_or_repo_id), revision)
    for file in (PROCESS, WEIGHTS):
        if not (folder / file).is_file():
            raise FileNotFoundError(f"{folder_or_repo_id} has no {file}: it is no model that samenoise saved")
    try:
        made = json.loads((folder / PROCESS).read_text(encoding="utf-8"))
        network = from_config(made["network"])
        network.core.load_state_dict(load_file(folder / WEIGHTS))
        process = _process(dict(made["process"]))
        grid = None if made["grid"] is None else torch.tensor(made["grid"], dtype=torch.float64)
        parameterisation, sigma_data = made["parameterisation"], made["sigma_data"]
    except (KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise ValueError(f"{folder_or_repo_id} is damaged, or of another version of samenoise: {error}") from error
    return NetworkDenoiser(network.eval(), process, network.shape, parameterisation, sigma_data, grid)


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
        raise FileNotFoundError(
            f"{repo_id!r} is no folder, and as a repository of the Hugging Face hub{at} it cannot be read: {error}"
        ) from error


def _process(options: dict[str, Any]) -> Process:
    name = options.pop("name")
    return {kind.name: kind for kind in PROCESSES}[name](**options)


def _card(denoiser: NetworkDenoiser, repo_id: str) -> str:
    network = denoiser.network
    assert isinstance(network, Network)
    size, sampling = "x".join(map(str, network.shape)), "" if denoiser.grid is None else ", grid=denoiser.grid"
    students = "" if denoiser.grid is None else f" It is a student for {len(denoiser.grid) - 1} steps."
    return f"""---
library_name: samenoise
tags: [samenoise, diffusion, unconditional-image-generation]
---

# {repo_id.split("/")[-1]}

An unconditional diffusion model of {size} images: `{network.name}` of width {network.width} with
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
