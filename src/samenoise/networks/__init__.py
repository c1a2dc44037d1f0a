"""Networks: modules ``network(x, c_noise, cond)``, made into denoisers by ``NetworkDenoiser``."""

from samenoise.networks.mlp import ResidualMLP

__all__ = ["ResidualMLP"]
