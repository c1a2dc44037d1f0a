"""Features: what of an image is compared. An extractor maps images to :class:`Features`, joined on noise id."""

from samenoise.features.base import Extractor, FeatureMap, Features, join
from samenoise.features.pixel import Pixel

__all__ = ["Extractor", "FeatureMap", "Features", "Pixel", "join"]
