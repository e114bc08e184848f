"""The small networks that ship with the project, and what only they are made of."""
