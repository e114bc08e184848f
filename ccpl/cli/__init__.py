"""What the commands of app.py share; the only place besides it that knows argparse."""
