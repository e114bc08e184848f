"""Colour without networks: look-up tables, their files, and how different two colours look."""
