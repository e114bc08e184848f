"""What other programs take: look-up tables, network files."""
