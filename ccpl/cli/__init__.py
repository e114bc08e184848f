"""What every command of app.py needs: flags from fields, progress, an orderly end."""
