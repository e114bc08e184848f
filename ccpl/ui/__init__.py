"""The web app: one file a tab; with app.py the only place that knows Gradio."""

from ccpl.ui.stubs import without_stubs

with without_stubs():
    import gradio  # noqa: F401
