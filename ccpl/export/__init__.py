"""What leaves the project for other programs: networks and looks in their formats."""
