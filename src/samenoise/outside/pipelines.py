"""Pipelines of diffusers, from a folder, the hub or memory: drawn from our noise, by a deterministic scheduler.

Weights are safetensors unless ``trust_pickle`` is said. No code of a repository is run: pipelines and parts whose
classes are not those of diffusers and transformers are refused.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from samenoise.outside.base import Condition, OutsideError, as_images, classes
from samenoise.outside.handlers import Call, handler_of
from samenoise.outside.placing import FAILURES, dtype_of, line_of, moved
from samenoise.outside.recording import Recorder
from samenoise.outside.schedulers import Ours, described, require_deterministic, with_scheduler
from samenoise.outside.texts import json_of
from samenoise.outside.threads import torch_threads
from samenoise.outside.variants import change

__all__ = ["Pipeline", "open"]

LIBRARIES = ("diffusers", "transformers")


class Pipeline(Recorder):
    """A pipeline of diffusers.

    Args:
        pipe: it, in evaluation mode and on its device.
        name: for messages.
        steps, guidance_scale, size: ``None`` is the pipeline's own.
        solver: one of samenoise in the place of its scheduler: "ddim", "heun" or "dpmpp-2m".
        scheduler: another of diffusers in its place, by name.
        changes: see :mod:`samenoise.outside.variants`.

    Raises:
        OutsideError: its class is not known, or its scheduler draws noise of its own.
    """

    def __init__(
        self,
        pipe: Any,
        name: str = "",
        *,
        steps: int | None = None,
        guidance_scale: float | None = None,
        size: int | None = None,
        solver: str | None = None,
        scheduler: str | None = None,
        **changes: Any,
    ) -> None:
        self.pipe, self.name = pipe, name or type(pipe).__name__
        self.handler = handler_of(type(pipe).__name__, self.name)
        if solver is not None and scheduler is not None:
            raise OutsideError(f"{self.name}: give a solver of samenoise or a scheduler of diffusers, not both")
        self.scheduler = pipe.scheduler
        if scheduler is not None:
            self.scheduler = with_scheduler(pipe.scheduler, scheduler, self.name)
        elif solver is not None:
            self.scheduler = Ours(pipe.scheduler, solver, self.name)
        require_deterministic(self.scheduler, steps, self.name)
        change(pipe, self.name, **changes)
        self.call = Call(steps, guidance_scale, size)
        self.shape: tuple[int, ...] | None = tuple(self.handler.shape(pipe, self.call))
        network = self.network
        self.device, self.dtype = network.device, network.dtype
        pipe.set_progress_bar_config(disable=True)
        self.about: dict[str, Any] = {
            "kind": "pipeline",
            "class": type(pipe).__name__,
            "network": type(network).__name__,
            **described(self.scheduler),
            **{key: value for key, value in self.call._asdict().items() if value is not None},
            "dtype": str(self.dtype).removeprefix("torch."),
            "device": str(self.device),
            **{key: value for key, value in changes.items() if value},
        }

    @property
    def network(self) -> Any:
        """The denoiser."""
        return self.pipe.unet if hasattr(self.pipe, "unet") else self.pipe.transformer

    def draw(
        self, noise: np.ndarray, conditions: Sequence[Condition] | None = None, threads: int | None = None
    ) -> np.ndarray:
        import torch

        wanted = {"": None, "class": "classes (--classes 0-9)", "prompt": "prompts (--prompts FILE)"}
        if conditions is None and wanted[self.handler.condition]:
            raise OutsideError(f"{self.name} draws only what it is told: give {wanted[self.handler.condition]}")
        if conditions is not None and not self._takes_conditions:
            raise OutsideError(f"{self.name} takes no prompts or classes")
        if conditions is not None and self.handler.condition != "prompt":
            classes(conditions, self.name)
        z = torch.from_numpy(noise).to(self.device, self.dtype)
        before, own = torch.get_rng_state(), self.pipe.scheduler
        self.pipe.scheduler = self.scheduler
        try:
            with torch_threads(threads), torch.no_grad():
                images = self.handler.draw(self.pipe, z, conditions, self.call)
        except FAILURES as error:
            raise OutsideError(f"{self.name} failed: {type(error).__name__}: {line_of(error)}", 1) from error
        finally:
            self.pipe.scheduler = own
        if not torch.equal(before, torch.get_rng_state()):
            raise OutsideError(
                f"{self.name} took random numbers of torch's global generator, so the same noise does not make the "
                "same image: is a part of it in training mode?",
                1,
            )
        return as_images(images, len(noise), self.name)

    @property
    def _takes_conditions(self) -> bool:
        """A U-Net may know classes, whatever its pipeline."""
        config = self.network.config
        return bool(self.handler.condition) or getattr(config, "num_class_embeds", None) is not None


def open(
    target: str,
    *,
    device: str = "cpu",
    dtype: str = "float32",
    variant: str | None = None,
    revision: str | None = None,
    trust_pickle: bool = False,
    **options: Any,
) -> Pipeline:
    """A pipeline from a folder or the Hugging Face hub.

    Raises:
        OutsideError: it cannot be read, or is of no known class, or draws noise of its own.
    """
    import diffusers

    precision = dtype_of(dtype, target)
    index = _index(target, revision)
    name = index.get("_class_name")
    handler_of(str(name), target)
    for part, where in index.items():
        if isinstance(where, list) and where[0] is not None and where[0] not in LIBRARIES:
            raise OutsideError(f"{target}: its {part} is of {where[0]!r}, whose code is not run here")
    # Parts that were saved as none; and no safety checker, which would black out pictures on one side.
    given: dict[str, Any] = {part: None for part, where in index.items() if where == [None, None]}
    if "safety_checker" in index:
        given |= {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    given |= {key: value for key, value in {"variant": variant, "revision": revision}.items() if value is not None}
    given["dtype" if _version(diffusers) >= (0, 42) else "torch_dtype"] = precision
    if not trust_pickle:
        given["use_safetensors"] = True
    try:
        with _quiet():
            pipe = getattr(diffusers, str(name)).from_pretrained(target, **given)
    except (OSError, ValueError, RuntimeError, ImportError, TypeError) as error:
        hint = "" if trust_pickle or "safetensors" not in str(error) else "; weights in a pickle need trust_pickle=true"
        raise OutsideError(f"{target} cannot be read as a {name}: {line_of(error)}{hint}") from error
    with _quiet():
        moved(pipe, target, device)
    return Pipeline(pipe, target, **options)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the progress bars and warnings of loading."""
    from diffusers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:  # diffusers imports it for any pipeline, where it is installed
        own: Any = import_module("transformers.utils.logging")
    except ImportError:
        own = None
    if own is not None:
        others = own.get_verbosity()
        own.set_verbosity_error()
        own.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        logging.enable_progress_bar()
        if own is not None:
            own.set_verbosity(others)
            own.enable_progress_bar()


def _version(module: Any) -> tuple[int, ...]:
    return tuple(int(part) for part in module.__version__.split(".")[:2])


def _index(target: str, revision: str | None) -> dict[str, Any]:
    """``model_index.json``."""
    path = Path(target) / "model_index.json"
    if not Path(target).is_dir():
        from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url, try_to_load_from_cache

        try:
            if not isinstance(try_to_load_from_cache(target, path.name, revision=revision), str):
                get_hf_file_metadata(hf_hub_url(target, path.name, revision=revision))  # without a network, at once
            path = Path(hf_hub_download(target, path.name, revision=revision))
        except Exception as error:  # no network, no such repository, no permission: of many classes
            raise OutsideError(
                f"{target!r} is no folder, and as a repository of the Hugging Face hub it cannot be read: "
                f"{line_of(error)}"
            ) from None
    return json_of(path)
