"""Training: losses, the order of data and noise, and cohorts of small models trained together."""
