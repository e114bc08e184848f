"""Video in, stylized video out: any length in constant memory; nothing here knows a model."""

from ccpl.video.formats import CLIP_FORMATS, suffix_for
from ccpl.video.pipeline import (
    FrameStylizer,
    Preview,
    VideoProgress,
    VideoResult,
    preview_frame,
    stylize_video,
)
from ccpl.video.probe import VideoInfo, probe
from ccpl.video.reader import VideoReader
from ccpl.video.stabilize import Stabilizer
from ccpl.video.writer import VideoWriter

__all__ = [
    "CLIP_FORMATS",
    "FrameStylizer",
    "Preview",
    "Stabilizer",
    "VideoInfo",
    "VideoProgress",
    "VideoReader",
    "VideoResult",
    "VideoWriter",
    "preview_frame",
    "probe",
    "stylize_video",
    "suffix_for",
]
