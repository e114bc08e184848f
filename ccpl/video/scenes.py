"""The scenes of a clip: where each begins, and a few frames of it to know it by."""

from collections.abc import Callable, Generator, Sequence
from fractions import Fraction
from typing import NamedTuple, TypeVar

import numpy as np

from ccpl.errors import InputError
from ccpl.video.plan import Plan
from ccpl.video.reader import VideoReader
from ccpl.video.stabilize import detect_cut

T = TypeVar("T")

SIDE = 1280  # pixels: longest side of the frames that are looked at
SAMPLES = 12  # frames of a scene at least, where it has as many; fewer than twice as many


class Scene(NamedTuple):
    """One scene."""

    number: int  # from 0
    start: Fraction  # seconds from the beginning of the part that is taken
    frames: list[np.ndarray]  # samples, evenly spaced, each (H, W, 3) uint8


def scan_scenes(
    plan: Plan, measure: Callable[[Scene], T], begins: Sequence[float] = ()
) -> Generator[int, None, list[tuple[Fraction, T]]]:
    """Look through a clip once, before it is stylized.

    Args:
        plan: the clip and the part of it.
        measure: what is wanted of a scene; only one scene's samples are held at a time.
        begins: seconds of the clip at which a scene begins besides the cuts that are found.
    Yields:
        The number of frames seen.
    Returns:
        For every scene when it begins, in seconds of the part, and its measure.
    Raises:
        InputError: no frame can be decoded.
    """
    forced = {round((Fraction(time) - plan.start) * plan.rate) for time in begins}
    size = plan.info.fit(min(SIDE, plan.look.max_side or SIDE))
    found: list[tuple[Fraction, T]] = []
    scene, every, first, state = None, 1, 0, None
    with VideoReader(plan.info, **{**plan.to_read, "size": size}) as reader:
        for index, frame in enumerate(map(plan.seen, reader)):
            cut, state = detect_cut(frame, state)
            if cut or index in forced:
                if scene:
                    found.append((scene.start, measure(scene)))
                scene, every, first = Scene(len(found), index / plan.rate, []), 1, index
            if (index - first) % every == 0:
                scene.frames.append(frame)
            if len(scene.frames) == 2 * SAMPLES:
                del scene.frames[1::2]
                every *= 2
            plan.check_length(index)
            yield index + 1
    if not scene:
        raise InputError(f"no frame of {plan.info.path.name!r} could be decoded; choose another")
    return [*found, (scene.start, measure(scene))]
