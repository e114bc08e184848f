"""Clips apart from the pages that watch them."""

import threading
from pathlib import Path

import pytest
from visitor import PATIENCE

from ccpl.errors import InputError
from ccpl.ui import clips as module
from ccpl.ui.clips import Clips
from ccpl.video import VideoProgress, VideoResult

RESULT = VideoProgress(2, 2, 1.0, 0.0, VideoResult(Path("clip.mp4"), 2, ()))


def test_a_clip_is_made_without_anyone_who_watches_and_found_again():
    clips = Clips()
    made = clips.begin(
        lambda: (report for report in (VideoProgress(1, 2, 1.0, 1.0), RESULT)), "source", 0
    )
    assert list(made.watch())[-1] is RESULT
    assert list(clips.find(made.id).watch())[-1] is RESULT
    assert clips.find("unknown") is None and clips.find(None) is None


def test_a_cancelled_clip_closes_what_makes_it():
    closed, going = threading.Event(), threading.Event()

    def make():
        try:
            while True:
                going.set()
                yield VideoProgress(1, 2, 1.0, 1.0)
        finally:
            closed.set()

    clip = Clips().begin(make, "source", 0)
    assert going.wait(PATIENCE / 1000)
    clip.cancel()
    assert closed.wait(PATIENCE / 1000)
    assert list(clip.watch()) == []


def test_a_clip_that_nobody_watches_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "ABANDONED", -1.0)
    closed = threading.Event()

    def make():
        try:
            while True:
                yield VideoProgress(1, 2, 1.0, 1.0)
        finally:
            closed.set()

    clip = Clips().begin(make, "source", 0)
    assert closed.wait(PATIENCE / 1000)
    assert clip.cancelled


def test_bad_input_reaches_whoever_watches():
    def make():
        raise InputError("the clip is too long")
        yield

    with pytest.raises(InputError, match="too long"):
        list(Clips().begin(make, "source", 0).watch())
