"""Quality and speed, measured and reported."""
