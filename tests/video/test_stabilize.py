import cv2
import numpy as np
import pytest

from ccpl.flow import optical_flow, valid_mask, warp
from ccpl.video.stabilize import Stabilizer, detect_cut

SIZE = (120, 200)


def texture(seed, size=SIZE):
    noise = np.random.default_rng(seed).integers(0, 255, (*size, 3), dtype=np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)


def pan(count=10):
    """A camera moving over a texture, 3 pixels a frame."""
    wide = texture(0, (SIZE[0], SIZE[1] + 3 * count))
    return [np.ascontiguousarray(wide[:, 3 * t : 3 * t + SIZE[1]]) for t in range(count)]


def flicker(contents):
    """Another brightness, tint and blotches on every frame."""
    rng = np.random.default_rng(1)
    for content in contents:
        blotches = cv2.GaussianBlur(rng.normal(size=(*SIZE, 3)), (0, 0), 2) * 80
        change = content * (1 + 0.06 * rng.normal()) + 8 * rng.normal(size=3) + blotches
        yield change.round().clip(0, 255).astype(np.uint8)


def stabilize(contents, stylized, **options):
    stabilizer, state, stable = Stabilizer(**options), None, []
    for content, frame in zip(contents, stylized, strict=True):
        frame, state = stabilizer.step(content, frame, state)
        stable.append(frame)
    return stable


def warping_error(contents, frames):
    """Root mean square of what changes along the content's flow, where that flow holds."""
    errors = []
    for t in range(1, len(frames)):
        flow_to_prev = optical_flow(contents[t], contents[t - 1])
        valid = valid_mask(flow_to_prev, optical_flow(contents[t - 1], contents[t]))
        gap = frames[t] / 255 - warp(frames[t - 1], flow_to_prev) / 255
        errors.append(np.sqrt((gap[valid] ** 2).mean()))
    return np.mean(errors)


def psnr(a, b):
    return 10 * np.log10(255**2 / max(((a.astype(float) - b) ** 2).mean(), 1e-9))


def test_warping_error_falls_by_more_than_a_third():
    contents = pan()
    stylized = list(flicker(contents))
    before = warping_error(contents, stylized)
    assert warping_error(contents, stabilize(contents, stylized)) < 0.5 * before


def test_a_clip_without_flicker_stays_sharp():
    contents = pan()
    assert psnr(stabilize(contents, contents)[-1], contents[-1]) > 38


def test_nothing_ghosts_at_the_border_of_a_moving_thing():
    contents = [texture(2) // 2 for _ in range(10)]
    for t, content in enumerate(contents):
        content[40:80, 10 + 9 * t : 50 + 9 * t] = (230, 40, 40)
    last = stabilize(contents, contents)[-1]
    assert np.abs(last.astype(int) - contents[-1]).max() < 40


def test_a_still_stays_still():
    still = [texture(3)] * 6
    stable = stabilize(still, still)
    assert psnr(stable[-1], stable[-2]) >= 45
    assert psnr(stable[-1], still[0]) >= 45


def test_a_still_with_sensor_noise_stays_calm_even_if_style_amplifies_it():
    rng, still, contents = np.random.default_rng(4), texture(3, (240, 400)) // 2 + 64, []
    for _ in range(8):
        contents.append((still + rng.normal(0, 3, still.shape)).clip(0, 255).astype(np.uint8))
    stylized = [np.clip((c.astype(int) - 128) * 2 + 128, 0, 255).astype(np.uint8) for c in contents]
    stable = stabilize(contents, stylized)
    assert psnr(stylized[-1], stylized[-2]) < 33
    assert psnr(stable[-1], stable[-2]) >= 35


def test_a_frame_without_a_past_stays_as_it_is():
    content, stylized = texture(5), texture(6)
    stable, _ = Stabilizer().step(content, stylized, None)
    assert np.array_equal(stable, stylized)


def test_another_scene_stays_as_it_is_even_unannounced():
    contents, stylized = [texture(5), texture(7)], [texture(6), texture(8)]
    assert psnr(stabilize(contents, stylized)[-1], stylized[-1]) > 35


def test_a_state_of_another_size_starts_afresh():
    _, state = Stabilizer().step(texture(0), texture(0), None)
    small = texture(1, (50, 60))
    stable, _ = Stabilizer().step(small, small, state)
    assert np.array_equal(stable, small)


def test_a_state_serves_more_than_once():
    contents, stabilizer = pan(3), Stabilizer()
    _, state = stabilizer.step(contents[0], contents[0], None)
    first, _ = stabilizer.step(contents[1], contents[2], state)
    second, _ = stabilizer.step(contents[1], contents[2], state)
    assert np.array_equal(first, second)


@pytest.mark.parametrize("size", [(1, 1), (9, 300), (31, 17)])
def test_any_size_works(size):
    frames = [texture(t, size) for t in range(3)]
    assert stabilize(frames, frames)[-1].shape == (*size, 3)


def test_frames_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        Stabilizer().step(texture(0), texture(0, (10, 10)), None)


def test_memory_that_never_forgets_is_refused():
    with pytest.raises(ValueError, match="memory"):
        Stabilizer(memory=1.0)


def cuts_in(contents):
    state, cuts = None, []
    for content in contents:
        cut, state = detect_cut(content, state)
        cuts.append(cut)
    return cuts


def test_only_the_first_frame_and_a_new_scene_are_cuts():
    dark, bright = [frame // 3 for frame in pan(4)], [255 - frame // 3 for frame in pan(4)]
    assert cuts_in([*dark, *bright]) == [True, *[False] * 3, True, *[False] * 3]


def test_a_fade_is_no_cut():
    assert (
        cuts_in([(texture(0) * (t / 15)).astype(np.uint8) for t in range(16)])[1:] == [False] * 15
    )
