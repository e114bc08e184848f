"""Gradio's stubs are not written anew at every start."""

import inspect

import gradio as gr
import pytest
from gradio import component_meta

from ccpl.ui.stubs import without_stubs


def test_gradio_reads_no_sources_of_its_components(monkeypatch: pytest.MonkeyPatch):
    read = []
    monkeypatch.setattr(component_meta, "extract_class_source_code", lambda *_: read.append(_))
    with without_stubs():
        component_meta.create_or_modify_pyi(gr.Image, "Image", [])
        assert inspect.getfile(pytest.MonkeyPatch).endswith("monkeypatch.py")
    assert read == []
    assert inspect.getfile(gr.Image).endswith("image.py")
