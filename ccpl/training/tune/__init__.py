"""One style, or one shot, gets a network of its own, from the general one, in minutes."""
