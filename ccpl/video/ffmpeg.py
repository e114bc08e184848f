"""One ffmpeg process: imageio-ffmpeg's own binary, with its last messages kept.

Files are named by absolute `file:` URLs, so a name may start with a dash or hold any character.
Inputs are opened with allow-lists: a playlist posing as a video would make ffmpeg read other files.
"""

import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

from ccpl.errors import InputError

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,"
    "gif,webp,webp_pipe,webp_anim,ogg,asf,apng,mxf,dv"
)
STALL = 60.0  # seconds without a sign of life after which a process counts as hung


def executable() -> str:
    """The path of ffmpeg; its package is needed where there are clips, and only there."""
    from imageio_ffmpeg import get_ffmpeg_exe

    return get_ffmpeg_exe()


def file_url(path: Path) -> str:
    """How ffmpeg is told of a file, whatever its name looks like."""
    return f"file:{path.absolute()}"


def input_args(
    path: Path,
    *options: str,
    start: float | Fraction = 0,
    shift: float | Fraction = 0,
    decoder: tuple[int, str | None] = (0, None),
) -> list[str]:
    """Open a file of the allowed kinds.

    Args:
        path: the file.
        options: further options of the input.
        start: seconds from its beginning to seek to; timestamps are counted from there.
        shift: seconds that are added to timestamps.
        decoder: index of a stream and its decoder, None for ffmpeg's own choice.
    """
    args = ["-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS]
    if decoder[1]:
        args += [f"-c:{decoder[0]}", decoder[1]]
    if start:
        args += ["-ss", f"{float(start):.6f}"]
    if shift:
        args += ["-itsoffset", f"{float(shift):.6f}"]
    return [*args, *options, "-i", file_url(path)]


def run_ffmpeg(args: Sequence[str]) -> tuple[bytes, str]:
    """Run ffmpeg to its end, which must come soon; returns its output and its messages."""
    command = [executable(), "-nostdin", "-hide_banner", *args]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=STALL, check=False
        )
    except subprocess.TimeoutExpired:
        raise InputError(
            f"ffmpeg did not answer within {STALL:.0f} s; try another copy of the file"
        ) from None
    return done.stdout, done.stderr.decode(errors="replace")


class FFmpegProcess:
    """A running ffmpeg with one pipe, to its stdin or from its stdout; its messages are drained.

    Args:
        args: its arguments.
        feeds: whether the pipe is to its stdin.
        folder: where it runs.
    """

    def __init__(self, args: Sequence[str], *, feeds: bool, folder: Path | None = None) -> None:
        self._process = subprocess.Popen(
            [executable(), "-hide_banner", "-v", "error", *args],
            stdin=subprocess.PIPE if feeds else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if feeds else subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
        )
        self.pipe = self._process.stdin if feeds else self._process.stdout
        self._tail: deque[bytes] = deque(maxlen=40)
        self._drain = threading.Thread(
            target=self._tail.extend, args=(self._process.stderr,), daemon=True
        )
        self._drain.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def messages(self) -> list[str]:
        """The last lines it wrote to stderr; complete after `wait`."""
        return [line.decode(errors="replace").strip() for line in list(self._tail)]

    def wait(self) -> int:
        """Wait for the end; returns the exit status, negative for the signal that ended it."""
        status = self._process.wait()
        self._drain.join()
        return status

    def kill(self) -> None:
        """End it at once, whatever it is doing; a thread waiting at its pipe goes on."""
        self._process.kill()

    def close(self) -> None:
        """End it if it still runs, and close its pipes; no thread may use them any more."""
        self.kill()
        self.wait()
        self._process.stderr.close()
        with suppress(BrokenPipeError):  # bytes nobody will read
            self.pipe.close()
