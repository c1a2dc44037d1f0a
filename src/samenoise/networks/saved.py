"""What ``process.json`` holds, for who writes it and for who reads it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator

from samenoise.denoiser import PARAMETERISATIONS, NetworkDenoiser
from samenoise.networks import NETWORKS, Network
from samenoise.networks.base import MAX_CLASSES, MAX_DEPTH, MAX_WIDTH
from samenoise.process import PROCESSES, Process

__all__ = ["Saved"]

Count = Annotated[int, Field(ge=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class NetworkConfig(_Strict):
    """What :meth:`samenoise.networks.Network.config` says."""

    name: Literal[*NETWORKS]  # type: ignore[valid-type]  # mypy reads no Literal over a tuple
    shape: Annotated[tuple[Count, ...], Field(min_length=1, max_length=8)]
    width: Annotated[int, Field(ge=1, le=MAX_WIDTH)]
    depth: Annotated[int, Field(ge=1, le=MAX_DEPTH)]
    classes: Annotated[int, Field(ge=0, le=MAX_CLASSES)] = 0


class Saved(_Strict):
    """All that makes a network a denoiser, and the network but for its weights."""

    process: dict[str, str | float]
    parameterisation: Literal[*PARAMETERISATIONS]  # type: ignore[valid-type]
    sigma_data: Annotated[float, Field(gt=0)]
    grid: list[float] | None
    network: NetworkConfig
    parameters: Annotated[int, Field(ge=0)]

    @classmethod
    def of(cls, denoiser: NetworkDenoiser) -> Self:
        """Of a denoiser, whose network is one of :data:`~samenoise.networks.NETWORKS`."""
        network = denoiser.network
        assert isinstance(network, Network)
        return cls(
            process=denoiser.process.describe(),
            parameterisation=denoiser.parameterisation,
            sigma_data=denoiser.sigma_data,
            grid=None if denoiser.grid is None else denoiser.grid.tolist(),
            network=NetworkConfig(**{**network.config(), "shape": network.shape}),
            parameters=network.parameters_count,
        )

    def build_process(self) -> Process:
        """The process.

        Raises:
            ValueError: there is none of that name, or not with these constants.
        """
        name, kinds = self.process.get("name"), {kind.name: kind for kind in PROCESSES}
        if name not in kinds:
            raise ValueError(f"there is no process {name!r}; there are {', '.join(kinds)}")
        constants = {key: value for key, value in self.process.items() if key != "name"}
        kind = kinds[str(name)]
        known = sorted(key for key in kind().describe() if key != "name")
        if sorted(constants) != known or not all(isinstance(value, float) for value in constants.values()):
            raise ValueError(f"the process {name!r} has the constants {', '.join(known) or 'none'}; got {constants}")
        return kind(**constants)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        process = self.build_process()
        if self.grid is not None:
            process.checked(torch.tensor(self.grid, dtype=torch.float64))
        return self
