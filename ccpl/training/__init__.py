"""Data, losses, objective and the loop that trains a network."""
