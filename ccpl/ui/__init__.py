"""The web app: one file a tab; with app.py the only place that knows Gradio."""
