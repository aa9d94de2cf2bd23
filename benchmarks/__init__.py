"""Costs of the package, as ratios to alternatives that run beside it; see README.md."""
