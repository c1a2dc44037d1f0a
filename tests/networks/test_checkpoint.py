"""Checkpoints: the same bits after a way over the disk or the hub, and folders that diffusers reads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import diffusers
import huggingface_hub
import pytest
import torch
from networks_made import SHAPE, inputs, stirred
from torch import Tensor, nn

from samenoise.denoiser import NetworkDenoiser
from samenoise.networks import NETWORKS
from samenoise.networks.checkpoint import from_pretrained, push_to_hub, save_pretrained
from samenoise.noise import NoiseBank
from samenoise.process import PROCESSES, VP
from samenoise.solver import generate

every = pytest.mark.parametrize("name", NETWORKS)
GRID = torch.tensor([1.0, 0.7, 1 / 3, 0.0], dtype=torch.float64)


def denoiser(name: str = "mlp", grid: Tensor | None = None) -> NetworkDenoiser:
    return NetworkDenoiser(stirred(name).eval(), VP(beta_max=10.0), SHAPE, "v", 0.7, grid)


def images(made: NetworkDenoiser) -> Tensor:
    (batch,) = generate(made, NoiseBank(0, SHAPE), range(3), steps=3, grid=made.grid)
    return batch.images


@every
@pytest.mark.parametrize("grid", [None, GRID], ids=["all times", "few steps"])
def test_what_is_saved_is_what_is_read(name: str, grid: Tensor | None, tmp_path: Path) -> None:
    made = denoiser(name, grid)
    save_pretrained(made, tmp_path / "new" / "folder")
    read = from_pretrained(tmp_path / "new" / "folder")
    assert torch.equal(images(read), images(made))
    assert read.process == made.process
    assert (read.shape, read.parameterisation, read.sigma_data) == (SHAPE, "v", 0.7)
    assert not read.network.training
    assert read.network.config() == made.network.config()  # type: ignore[operator]
    if grid is None:
        assert read.grid is None
    else:
        assert read.grid is not None
        assert torch.equal(read.grid, grid)
        assert read.grid.dtype == torch.float64


@pytest.mark.parametrize("process", [kind() for kind in PROCESSES], ids=lambda p: p.name)
def test_every_process_comes_back(process: Any, tmp_path: Path) -> None:
    save_pretrained(NetworkDenoiser(stirred("mlp"), process, SHAPE), tmp_path)
    assert from_pretrained(tmp_path).process == process


@pytest.mark.parametrize(
    ("name", "kind"), [("unet", "UNet2DModel"), ("ncsnpp", "UNet2DModel"), ("dit", "DiTTransformer2DModel")]
)
def test_diffusers_reads_it(name: str, kind: str, tmp_path: Path) -> None:
    """Its own class, from the same folder, gives the prediction; its own save of the model writes the same files."""
    made, (x, c_noise) = denoiser(name), inputs(3)
    save_pretrained(made, tmp_path / "ours")
    kind = diffusers.DiTTransformer2DModel if name == "dit" else diffusers.UNet2DModel
    model = kind.from_pretrained(tmp_path / "ours").eval()
    t = 1000 * (c_noise / 2.5 + 1) / 2
    with torch.no_grad():
        if name == "unet":
            answer = model(x, t).sample
        elif name == "ncsnpp":
            answer = (model(x.repeat(1, 3, 1, 1), c_noise.exp()).sample * c_noise.exp()[:, None, None, None]).mean(
                1, True
            )
        else:
            answer = model(x, t, class_labels=torch.ones(3, dtype=torch.int64)).sample
        torch.testing.assert_close(answer, made.network(x, c_noise), rtol=1e-5, atol=1e-5)
    stirred(name).core.save_pretrained(tmp_path / "theirs")  # type: ignore[operator]
    for file in ("config.json", "diffusion_pytorch_model.safetensors"):
        assert (tmp_path / "ours" / file).read_bytes() == (tmp_path / "theirs" / file).read_bytes()
    assert sorted(p.name for p in (tmp_path / "ours").iterdir()) == [
        "config.json",
        "diffusion_pytorch_model.safetensors",
        "process.json",
    ]


@every
def test_files_say_what_they_are(name: str, tmp_path: Path) -> None:
    made = denoiser(name, GRID)
    save_pretrained(made, tmp_path)
    config, process = (json.loads((tmp_path / file).read_text()) for file in ("config.json", "process.json"))
    classes = {"mlp": "ResidualMLP", "uvit": "UViT", "dit": "DiTTransformer2DModel"}
    assert config["_class_name"] == classes.get(name, "UNet2DModel")
    count = sum(p.numel() for p in made.network.parameters() if p.requires_grad)
    assert process["parameters"] == count
    assert process["network"]["name"] == name
    assert process["grid"] == GRID.tolist()
    if name in ("mlp", "uvit"):
        assert config["parameters"] == count
        assert {key: config[key] for key in process["network"]} == process["network"]


class Hub:
    """A hub that is a folder, in the place of huggingface_hub's functions."""

    def __init__(self, root: Path) -> None:
        self.root, self.calls = root, []  # type: ignore[var-annotated]

    def __call__(self, token: str | None) -> Hub:
        self.calls.append(("token", token))
        return self

    def create_repo(self, repo_id: str, *, private: bool, exist_ok: bool) -> None:
        assert exist_ok
        self.calls.append(("create", repo_id, private))
        (self.root / repo_id).mkdir(parents=True, exist_ok=True)

    def upload_folder(self, *, repo_id: str, folder_path: Path, commit_message: str) -> SimpleNamespace:
        assert commit_message
        shutil.copytree(folder_path, self.root / repo_id, dirs_exist_ok=True)
        return SimpleNamespace(commit_url=f"https://hub/{repo_id}/commit/1")

    def snapshot_download(self, repo_id: str, *, revision: str | None, allow_patterns: list[str]) -> str:
        self.calls.append(("download", repo_id, revision, *allow_patterns))
        return str(self.root / repo_id)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    hub = Hub(tmp_path / "hub")
    monkeypatch.setattr(huggingface_hub, "HfApi", hub)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", hub.snapshot_download)
    return hub


def test_a_model_goes_to_the_hub_and_comes_back(hub: Hub) -> None:
    made = denoiser("unet")
    assert push_to_hub(made, "someone/digits", private=True, token="secret") == "https://hub/someone/digits/commit/1"
    files = ["config.json", "diffusion_pytorch_model.safetensors", "process.json"]
    assert torch.equal(images(from_pretrained("someone/digits", revision="main")), images(made))
    assert hub.calls[:2] == [("token", "secret"), ("create", "someone/digits", True)]
    assert hub.calls[2] == ("download", "someone/digits", "main", *files)
    assert sorted(p.name for p in (hub.root / "someone/digits").iterdir()) == ["README.md", *files]
    assert all("secret" not in p.read_text(errors="ignore") for p in (hub.root / "someone/digits").iterdir())


@pytest.mark.parametrize("grid", [None, GRID], ids=["all times", "few steps"])
def test_the_code_of_the_model_card_runs(hub: Hub, grid: Tensor | None, capsys: pytest.CaptureFixture[str]) -> None:
    push_to_hub(denoiser(grid=grid), "someone/digits")
    card = (hub.root / "someone/digits" / "README.md").read_text()
    exec(card.split("```python\n")[1].split("```")[0], {})
    assert capsys.readouterr().out == "torch.Size([16, 1, 8, 8])\n"
    assert ("It is a student for 3 steps." in card) == (grid is not None)


@pytest.mark.parametrize("place", ["no/such/folder", "someone/nothing"])
def test_a_place_without_a_model_is_said(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(repo_id: str, **_: object) -> str:
        huggingface_hub.utils.validate_repo_id(repo_id)
        raise huggingface_hub.errors.LocalEntryNotFoundError("no connection")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(FileNotFoundError, match=f"'{place}' is no folder, and as a repository .* cannot be read"):
        from_pretrained(place)


@pytest.mark.parametrize("file", ["process.json", "diffusion_pytorch_model.safetensors"])
def test_a_folder_that_misses_a_file_is_said(file: str, tmp_path: Path) -> None:
    save_pretrained(denoiser(), tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(FileNotFoundError, match=f"has no {file}: it is no model that samenoise saved"):
        from_pretrained(tmp_path)


@pytest.mark.parametrize("harm", ["half the weights", "another width", "no json", "no grid"])
def test_damage_is_said(harm: str, tmp_path: Path) -> None:
    save_pretrained(denoiser(), tmp_path)
    weights, process = tmp_path / "diffusion_pytorch_model.safetensors", tmp_path / "process.json"
    text = process.read_text()
    if harm == "half the weights":
        weights.write_bytes(weights.read_bytes()[:2000])
    elif harm == "another width":
        process.write_text(text.replace('"width": 24', '"width": 32'))
    elif harm == "no json":
        process.write_text(text[:-20])
    else:
        process.write_text(text.replace('"grid"', '"grids"'))
    with pytest.raises(ValueError, match="is damaged, or of another version of samenoise"):
        from_pretrained(tmp_path)


def test_only_networks_of_the_package_are_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"only networks of samenoise\.networks are saved, not Identity"):
        save_pretrained(NetworkDenoiser(nn.Identity(), VP(), SHAPE), tmp_path)
