"""samenoise."""
