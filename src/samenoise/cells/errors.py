"""What is said of a config that cannot be run; by itself, so that it can be said without importing torch."""

__all__ = ["ConfigError"]


class ConfigError(ValueError):
    """A config that cannot be run; the message names the key and what would be right."""
