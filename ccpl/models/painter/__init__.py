"""The network that paints: a draft of the whole picture, revised at every doubling of its size."""
