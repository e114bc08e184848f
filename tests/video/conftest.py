"""Clips made with the bundled ffmpeg, and results decoded again without the code under test."""

import re
import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from ccpl.video import stylize_video
from ccpl.video.ffmpeg import FFmpegProcess

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def ffmpeg(*args, stdin=None):
    """What ffmpeg writes to stdout."""
    command = [FFMPEG, "-v", "error", "-y", *map(str, args)]
    return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


BITS = 12


def numbered(count, size=(48, 96)):
    """(T, H, W, 3) frames that show their numbers as bars of bits."""
    bits = np.arange(count)[:, None] >> np.arange(BITS) & 1
    bars = np.repeat(np.where(bits, 235, 20).astype(np.uint8), size[1] // BITS, axis=1)
    return np.broadcast_to(bars[:, None, :, None], (count, *size, 3))


class Clips:
    """Makes files in one folder."""

    def __init__(self, folder):
        self.folder = folder

    def make(self, name, *args, picture="testsrc2=s=96x64:r=25:d=1", sound=None):
        """A clip of an ffmpeg test picture, with a tone of `sound` seconds."""
        path = self.folder / name
        inputs = ["-f", "lavfi", "-i", picture]
        if sound:
            inputs += ["-f", "lavfi", "-i", f"sine=d={sound}:r=44100"]
        ffmpeg(*inputs, *args, f"file:{path}")
        return path

    def remake(self, name, source, *args, before=()):
        """A file made from another, `before` being options for reading that."""
        path = self.folder / name
        ffmpeg(*before, "-i", f"file:{source}", *args, f"file:{path}")
        return path

    def of_frames(self, name, frames, *args, rate=25, inputs=()):
        """A clip of given (T, H, W, 3) frames; lossless unless `args` say otherwise."""
        path = self.folder / name
        frames = np.asarray(frames, np.uint8)
        raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{frames.shape[2]}x{frames.shape[1]}"]
        raw += ["-r", rate, "-i", "-", *inputs, *(args or ("-c:v", "ffv1", "-pix_fmt", "bgr0"))]
        ffmpeg(*raw, f"file:{path}", stdin=frames.tobytes())
        return path


@pytest.fixture
def numbers():
    """The numbers that frames like those of `numbered` show."""

    def numbers(frames):
        width = frames.shape[2] / BITS
        places = ((np.arange(BITS) + 0.5) * width).astype(int)
        return ((frames[:, frames.shape[1] // 2, places, 0] > 128) << np.arange(BITS)).sum(1)

    return lambda frames: numbers(np.asarray(frames)).tolist()


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    return Clips(folder)


@pytest.fixture
def out(tmp_path):
    """An empty folder for results."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def decode():
    """(T, H, W, 3) uint8 frames of a file, as ffmpeg shows them."""

    def decode(path):
        raw = ffmpeg("-i", f"file:{path}", "-fps_mode", "passthrough", "-f", "image2pipe",
                     "-c:v", "ppm", "-pix_fmt", "rgb24", "-")  # fmt: skip
        width, height = map(int, raw.split(maxsplit=3)[1:3])
        header = len(b"P6\n%d %d\n255\n" % (width, height))
        frames = np.frombuffer(raw, np.uint8).reshape(-1, header + height * width * 3)
        return frames[:, header:].reshape(-1, height, width, 3)

    return decode


@pytest.fixture
def describe():
    """What `ffmpeg -i` says about a file."""

    def describe(path):
        command = [FFMPEG, "-hide_banner", "-i", f"file:{path}"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stderr

    return describe


@pytest.fixture
def timing(describe):
    """The exact rate of a file and its length in seconds."""

    def timing(path):
        head = ffmpeg("-i", f"file:{path}", "-frames:v", "1", "-pix_fmt", "yuv420p",
                      "-f", "yuv4mpegpipe", "-")[:80]  # fmt: skip
        rate = Fraction(*map(int, re.search(rb" F(\d+):(\d+)", head).groups()))
        clock = re.search(r"Duration: (\d+):(\d+):([\d.]+)", describe(path)).groups()
        return rate, sum(float(t) * unit for t, unit in zip(clock, (3600, 60, 1), strict=True))

    return timing


@pytest.fixture
def packets():
    """Checksum of the compressed sound of a file."""

    def packets(path):
        return ffmpeg("-i", f"file:{path}", "-map", "0:a", "-c", "copy", "-f", "md5", "-")

    return packets


@pytest.fixture
def run():
    """Run stylize_video to its end, by default changing nothing; returns the result."""

    def run(src, dst, stylize=lambda frames, strengths, cuts: frames, **options):
        return list(stylize_video(src, dst, stylize, **options))[-1].result

    return run


@pytest.fixture
def processes(monkeypatch):
    """Every ffmpeg with a pipe that was started, in order: encoder first, then decoder."""
    started = []
    init = FFmpegProcess.__init__

    def note(self, *args, **options):
        init(self, *args, **options)
        started.append(self)

    monkeypatch.setattr(FFmpegProcess, "__init__", note)
    return started


@pytest.fixture
def levels():
    """(T, H, W, 3) flat grey frames, one for each level."""

    def levels(*values, size=(32, 48)):
        return np.stack([np.full((*size, 3), value, np.uint8) for value in values])

    return levels


@pytest.fixture
def names():
    """Names of all files in a folder, hidden ones too."""
    return lambda folder: sorted(path.name for path in Path(folder).iterdir())
