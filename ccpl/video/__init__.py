"""Video in, stylized video out: any length in constant memory; nothing here knows a model."""

from .io import VideoReader, VideoWriter
from .pipeline import (
    FrameStylizer,
    Preview,
    VideoProgress,
    VideoResult,
    preview_frame,
    stylize_video,
)
from .probe import VideoInfo, probe
from .stabilize import Stabilizer

__all__ = [
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
]
