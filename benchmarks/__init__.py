"""What the package costs, as ratios against something that runs beside it; see README.md."""
