"""Video in, stylized video out: any length in constant memory; nothing here knows a model."""

from ccpl.video.io import VideoReader, VideoWriter
from ccpl.video.pipeline import (
    FrameStylizer,
    Preview,
    VideoProgress,
    VideoResult,
    preview_frame,
    stylize_video,
)
from ccpl.video.probe import VideoInfo, probe
from ccpl.video.stabilize import Stabilizer

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
