"""A clip goes in, the same clip comes out stylized, with a report of progress after every batch.

Decoding, stylizing and encoding run side by side, joined by bounded queues: memory is a batch or
two, whatever the clip's length. Closing the generator ends ffmpeg and leaves no file behind.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice, repeat
from pathlib import Path
from time import perf_counter
from typing import NamedTuple, TypeVar

import numpy as np
from torch import Tensor

from ccpl.config import LOCAL, Limits, VideoConfig
from ccpl.errors import InputError
from ccpl.look import Look
from ccpl.video.channel import Channel
from ccpl.video.deep import shallow, stylize_batch
from ccpl.video.ffmpeg import STALL
from ccpl.video.formats import clip_format
from ccpl.video.grade import Grade
from ccpl.video.plan import Plan, plan_clip
from ccpl.video.reader import VideoReader
from ccpl.video.stabilize import Stabilizer, detect_cut
from ccpl.video.writer import VideoWriter, check_target

T = TypeVar("T")
# frames (B, 3, H, W) in [0, 1], strengths (B,) in [0, 1], cuts (B,) bool: True begins a scene
FrameStylizer = Callable[[Tensor, Tensor, Tensor], Tensor]

WAITING = 8  # frames at most between two threads
BATCH_SECONDS = 1.0  # a batch should take no longer, so that Cancel is heard soon


@dataclass(frozen=True)
class VideoResult:
    """A finished clip; `warnings` are sentences on what could not be kept as it was."""

    path: Path
    frames: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class VideoProgress:
    """How far it is; the last report, and only that, carries the result."""

    done: int  # frames
    total: int
    fps: float  # frames a second, from the beginning
    seconds_left: float
    result: VideoResult | None = None
    newest: "Preview | None" = field(default=None, compare=False, repr=False)


class Preview(NamedTuple):
    """One frame before and after, each (H, W, 3) uint8; of one size, which may be reduced."""

    content: np.ndarray
    stylized: np.ndarray


def stylize_video(
    src: str | Path,
    dst: str | Path,
    stylize: FrameStylizer | Grade,
    look: Look | None = None,
    *,
    config: VideoConfig | None = None,
    limits: Limits = LOCAL,
    scenes: Collection[Fraction] | None = None,
) -> Iterator[VideoProgress]:
    """Stylize a clip batch by batch; sound, rate, length and orientation stay.

    Args:
        src: any video, GIF, animated WebP or APNG.
        dst: the result, named as one of CLIP_FORMATS; it appears when it is complete.
        stylize: paints a batch, a run of equal frames once; or LUTs, which ffmpeg applies.
        look: its strength goes evenly to its `end_strength`; 0 is the original. The same look
            that `stylize` was made with.
        config: part of the clip, quality of the file.
        limits: what is refused.
        scenes: when each begins, in seconds of the part that is taken; None: they are found.
    Yields:
        A report after every batch; the last one has the `result`.
    Raises:
        InputError: the clip cannot be used, or the result cannot be written.
    """
    look, config = look or Look(), config or VideoConfig()
    target = check_target(dst, src)
    form = clip_format(target)
    plan = plan_clip(src, look, config, limits, max_fps=form.max_fps, square=form.square)
    cuts = None if scenes is None else {round(start * plan.rate) for start in scenes}
    stylize = plan.for_codes(stylize)
    grade = stylize if isinstance(stylize, Grade) else None
    began, done = perf_counter(), 0
    with ExitStack() as stack:
        writer = stack.enter_context(VideoWriter(target, grade=grade, **plan.to_write))
        reader = stack.enter_context(VideoReader(plan.info, deep=plan.deep, **plan.to_read))

        def paint(frames: Iterator[np.ndarray]) -> Iterator[list[_Painted]]:
            if grade:
                return _passed(frames, grade, plan)
            return _paint(frames, stylize, plan, cuts)

        painted = _run(reader, writer, paint, stack)
        for done, newest in painted:
            plan.check_length(done)
            fps = done / (perf_counter() - began)
            left = max(plan.total - done, 0) / fps
            yield VideoProgress(done, max(plan.total, done), fps, left, newest=newest)
        warnings = (*plan.notes, *reader.notes, *writer.notes, *plan.damage(reader))
    fps = done / (perf_counter() - began)
    yield VideoProgress(done, done, fps, 0.0, VideoResult(target, done, warnings))


def preview_frame(
    src: str | Path,
    stylize: FrameStylizer,
    look: Look | None = None,
    *,
    at: float | None = None,
    config: VideoConfig | None = None,
    limits: Limits = LOCAL,
) -> Preview:
    """One frame of the clip as `stylize_video` would paint it, before the long run.

    Its pixels are square, whatever the clip's are.

    Args:
        at: seconds from the beginning of the file; default: the first frame of the chosen part.
    Raises:
        InputError: the clip cannot be used, or ends before that.
    """
    plan = plan_clip(src, look or Look(), config or VideoConfig(), limits, square=True)
    shown = plan.start if at is None else plan.frame_at(at)
    one_frame = {**plan.to_read, "start": shown, "seconds": 1 / plan.rate}
    with VideoReader(plan.info, **one_frame) as reader:
        content = next(map(plan.seen, reader), None)
    if content is None:
        raise InputError(f"there is no frame at {float(shown):g} s; choose an earlier one")
    index = round((shown - plan.start) * plan.rate)
    (stylized,) = stylize_batch(stylize, [content], [plan.strength_at(index)], [True])
    return Preview(content, stylized)


class _Shot(NamedTuple):
    content: np.ndarray  # as the reader gives it
    strength: float
    cut: bool


class _Painted(NamedTuple):
    written: np.ndarray  # for the encoder
    shown: Preview  # it or a frame before


def _shots(
    frames: Iterable[np.ndarray], plan: Plan, cuts: Collection[int] | None
) -> Iterator[_Shot]:
    """What is to be painted; a frame that repeats the last comes as the very same object.

    Repeats at the very end, past the clip's length, are dropped: ffmpeg may hold the last frame
    of a variable rate too long.
    """
    shot = state = None
    held = 0
    for index, content in enumerate(frames):
        strength = plan.strength_at(index)
        known = cuts is not None and index in cuts
        if (
            not shot
            or known
            or strength != shot.strength
            or not np.array_equal(content, shot.content)
        ):
            yield from repeat(shot, held)
            held = 0
            cut, state = (
                (known, None) if cuts is not None else detect_cut(plan.thumbnail(content), state)
            )
            shot = _Shot(content, strength, cut)
        elif index >= plan.total:
            held += 1
            continue
        yield shot


def _paint(
    frames: Iterable[np.ndarray],
    stylize: FrameStylizer,
    plan: Plan,
    cuts: Collection[int] | None,
) -> Iterator[list[_Painted]]:
    """Frames and what they become stylized, and on request stable, in batches."""
    stabilizer = Stabilizer() if plan.look.stabilize == "flow" else None
    shots = _shots(frames, plan, cuts)
    last = stylized = state = None
    size = 1
    while batch := list(islice(shots, size)):
        began = perf_counter()
        new = [
            shot for before, shot in zip([last, *batch], batch, strict=False) if shot is not before
        ]
        fresh = iter(stylize_batch(stylize, *zip(*new, strict=True)) if new else ())
        painted = []
        for shot in batch:
            if shot is not last:
                last, stylized = shot, next(fresh)
                if stabilizer and shot.strength > 0:  # strength 0 is the original, exactly
                    state = None if shot.cut else state
                    stylized, state = stabilizer.step(shot.content, stylized, state)
            painted.append(_Painted(stylized, Preview(shallow(shot.content), shallow(stylized))))
        each = (perf_counter() - began) / len(batch)
        size = min(plan.config.batch_size, max(1, int(BATCH_SECONDS / each)))
        yield painted


def _passed(frames: Iterable[np.ndarray], grade: Grade, plan: Plan) -> Iterator[list[_Painted]]:
    """Frames as they are, for the encoder grades them; one in a second comes as it will be seen."""
    every = max(1, round(plan.rate))
    shown, last = None, None
    batch: list[_Painted] = []
    for index, frame in enumerate(frames):
        if index >= plan.total and last is not None and np.array_equal(frame, last):
            continue  # see `_shots`
        last = frame
        if index % every == 0:
            shown = Preview(*grade.preview(shallow(frame), index / plan.rate))
        batch.append(_Painted(frame, shown))
        if len(batch) == plan.config.batch_size:
            yield batch
            batch = []
    if batch:
        yield batch


def _run(
    reader: VideoReader,
    writer: VideoWriter,
    paint: Callable[[Iterator[np.ndarray]], Iterator[list[_Painted]]],
    stack: ExitStack,
) -> Iterator[tuple[int, Preview]]:
    """Read, paint and write in three threads.

    Yields:
        The number of frames handed to the encoder, and the newest of them.
    """
    decoded: Channel[np.ndarray] = Channel(WAITING)
    painted: Channel[np.ndarray] = Channel(WAITING)
    pool = stack.enter_context(ThreadPoolExecutor(2))

    def release(error: type[BaseException] | None, *_: object) -> None:
        decoded.close()
        painted.close()
        reader.kill()
        if error:
            writer.kill()

    stack.push(release)  # before the pool waits for its threads
    reading = pool.submit(_pump, reader, decoded.put, decoded)
    writing = pool.submit(_pump, painted.items(), writer.write, painted)
    done = 0
    for batch in paint(decoded.items(patience=STALL)):
        if not all([painted.put(frame.written, patience=STALL) for frame in batch]):
            break  # the encoder has failed
        done += len(batch)
        yield done, batch[-1].shown
    painted.close()
    writing.result()
    reading.result()


def _pump(items: Iterable[T], give: Callable[[T], object], channel: Channel[T]) -> None:
    """Hand items on until there are no more or the other side is gone, then close the channel."""
    try:
        for item in items:
            if give(item) is False:
                return
    finally:
        channel.close()
