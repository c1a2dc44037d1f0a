"""Runs: cells (units of work under a hash), the store that keeps them, and what executes them."""
