"""A clip scene by scene: one look from the first frame of a scene to its last."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from ccpl import load_stylizer
from ccpl.colour.lut import identity, plain_lut
from ccpl.flow import optical_flow, valid_mask, warp
from ccpl.look import Look
from ccpl.models.lite.context import make_context
from ccpl.models.window import whole_window
from ccpl.painting.scenes import ScenePaint, SceneStylizer, paint_of_scene
from ccpl.painting.shot import MapState, carried
from ccpl.painting.styles import SceneStyle
from ccpl.painting.stylizer import Stylizer
from tests.conftest import draw_picture, random_network


@pytest.fixture(scope="module")
def photo():
    return Stylizer(random_network("photo"))


def moving(count=5, seed=3, brighter=3):
    """Frames (H, W, 3) of a window that slides over a picture, ever brighter."""
    wide = cv2.GaussianBlur(draw_picture(64, 160, seed), (0, 0), 2)
    frames = [wide[:, 4 * i : 4 * i + 96] for i in range(count)]
    return [np.clip(frame.astype(int) + brighter * i, 0, 255).astype(np.uint8) for i, frame in
            enumerate(frames)]  # fmt: skip


def tensors(frames):
    return torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2) / 255


def paint(photo, consistency, frames, shown):
    style = SceneStyle(Image.fromarray(draw_picture(64, 64, 9)))
    look = Look(mode="photo", consistency=consistency)
    scene = paint_of_scene(photo, style, frames, look)
    first = torch.arange(len(shown)) == 0
    return scene, scene.paint(tensors(shown), torch.ones(len(shown)), first)


def test_with_one_lut_equal_colours_stay_equal_all_through_the_scene(photo):
    frames = moving()
    scene, out = paint(photo, "lut", frames, frames)
    again = scene.paint(tensors(frames[2:3]), torch.ones(1), torch.tensor([False]))
    assert torch.equal(again[0], out[2])
    assert scene.fitted.error.mean < scene.fitted.error.p95
    assert (out - tensors(frames)).abs().mean() > 0.02


def test_with_one_set_of_statistics_a_frame_is_painted_alike_whatever_surrounds_it(photo):
    frames = moving()
    together = paint(photo, "shot", frames, [frames[3]])[1]
    still = paint(photo, "shot", frames, [frames[3]] * 3)[1]
    alone = paint(photo, "shot", [frames[3]], [frames[3]])[1]
    torch.testing.assert_close(still[2], together[0], atol=1e-5, rtol=0)
    assert not torch.allclose(alone, together, atol=1e-3)


def test_maps_move_with_the_scene():
    frames = moving(2, brighter=0)
    columns = torch.linspace(0, 1, 96).expand(1, 2, 64, 96)
    state = carried(columns, frames[0], None)
    moved = carried(torch.zeros_like(columns), frames[1], state).maps
    middle = (slice(None), slice(None), slice(20, 44), slice(20, 70))
    expected = columns.roll(-4, -1)[middle]
    assert ((moved[middle] - 0.95 * expected).abs() < 0.06).float().mean() > 0.9


def test_maps_begin_anew_where_the_picture_is_another():
    state = MapState(torch.ones(1, 2, 64, 96), np.zeros((64, 96, 3), np.uint8))
    other = np.full((64, 96, 3), 200, np.uint8)
    assert carried(torch.zeros(1, 2, 64, 96), other, state).maps.max() < 1e-3


def test_cuts_call_the_next_painter_in_the_middle_of_a_batch():
    style = SceneStyle(Image.new("RGB", (8, 8)))
    scenes = [ScenePaint(lambda f, s, c, k=k: f + k, style) for k in range(3)]
    clip = SceneStylizer([0, 1, 2], scenes)
    frames, ones = torch.zeros(5, 3, 4, 4), torch.ones(5)
    out = clip(frames, ones, torch.tensor([True, False, True, False, False]))
    more = clip(frames[:2], ones[:2], torch.tensor([False, True]))
    assert out[:, 0, 0, 0].tolist() + more[:, 0, 0, 0].tolist() == [0, 0, 1, 1, 1, 1, 2]


def test_a_lut_as_style_is_the_same_for_every_consistency(photo):
    lut = plain_lut(1 - identity(2))
    frames = moving(2)
    for consistency in ("frame", "shot", "lut"):
        look = Look(mode="photo", consistency=consistency)
        scene = paint_of_scene(photo, SceneStyle(lut), frames, look)
        out = scene.paint(tensors(frames), torch.ones(2), torch.tensor([True, False]))
        torch.testing.assert_close(out, 1 - tensors(frames), atol=1e-5, rtol=0)


def test_ffmpeg_can_take_over_where_a_scene_is_one_plain_lut(photo):
    frames, lut = moving(2), plain_lut(1 - identity(2))
    half = Look(mode="photo", strength=0.5)
    scene = paint_of_scene(photo, SceneStyle(lut), frames, half)
    (found,) = SceneStylizer([0], [scene]).grade().luts
    assert torch.allclose(found.table, torch.full((2, 2, 2, 3), 0.5))
    for look in (replace(half, end_strength=1.0), replace(half, transfer="light")):
        other = paint_of_scene(photo, SceneStyle(lut), frames, look)
        assert SceneStylizer([0, 1], [scene, other]).grade() is None


def unsteadiness(frames, graded, regrade):
    """Flicker over what the grades make of the clip's own, so that contrast does not count.

    Frame t - 1 is moved onto frame t; the error of the results, over that of both contents in the
    grade of frame t. A table that stays the same has 1, whatever its contrast.

    Args:
        frames: (T, 3, H, W) in [0, 1].
        graded: the same.
        regrade: (t, content (1, 3, H, W)) -> it in the grade of frame t.
    """
    pictures = [frame.permute(1, 2, 0).numpy() for frame in frames]
    bytes_of = [(picture * 255).round().astype(np.uint8) for picture in pictures]
    errors = []
    for t in range(1, len(frames)):
        flow = optical_flow(bytes_of[t], bytes_of[t - 1])
        mask = valid_mask(flow, optical_flow(bytes_of[t - 1], bytes_of[t])).astype(bool)
        moved = torch.from_numpy(warp(pictures[t - 1], flow)).permute(2, 0, 1)[None]
        before = torch.from_numpy(warp(graded[t - 1].permute(1, 2, 0).numpy(), flow))
        own = regrade(t, moved)[0].permute(1, 2, 0) - graded[t].permute(1, 2, 0)
        found = before - graded[t].permute(1, 2, 0)
        errors.append([x[mask].square().mean().sqrt() for x in (found, own)])
    found, own = torch.tensor(errors).mean(0)
    return float(found / own)


@pytest.fixture
def noisy():
    """Frames (H, W, 3) of a window that slides over a picture, with the noise of a sensor."""
    wide = cv2.GaussianBlur(draw_picture(192, 352, 3), (0, 0), 2)
    noise = np.random.default_rng(0).normal(0, 2, (5, 192, 320, 3))
    clip = [wide[:, 6 * i : 6 * i + 320] + grain for i, grain in enumerate(noise)]
    return [frame.clip(0, 255).round().astype(np.uint8) for frame in clip]


def unsteadiness_of_shot(clip):
    frames, strength = tensors(clip).float(), torch.ones(1)
    scene, _ = paint(load_stylizer("photo", device="cpu"), "shot", clip, clip[:1])
    graded, states = [], []
    for i, frame in enumerate(frames):
        graded.append(scene.paint(frame[None], strength, torch.tensor([i == 0]))[0])
        states.append(scene.paint.state)

    def regrade(t, content):
        shot, maps = scene.paint, states[t].maps
        context = make_context(content, shot.code, shot.stats, whole_window(content))
        with torch.inference_mode():
            return shot.route.network.decoder.recolour_by(maps, context).clamp(0, 1)

    return unsteadiness(frames, graded, regrade)


def test_a_scene_graded_as_one_is_nearly_as_steady_as_a_table(noisy, monkeypatch):
    assert unsteadiness_of_shot(noisy) < 1.1
    monkeypatch.setattr("ccpl.painting.shot.MEMORY", 0.0)  # every frame has maps of its own
    assert unsteadiness_of_shot(noisy) > 1.3


def test_a_table_has_no_unsteadiness_of_its_own_whatever_its_contrast(noisy):
    frames = tensors(noisy).float()
    table = plain_lut((0.1 + 1.2 * identity(9)).clamp(0, 1))
    fixed = list(table(frames))
    assert 0.95 < unsteadiness(frames, fixed, lambda t, content: table(content)) < 1.05
    uneven = [frame * (1.03 if i % 2 else 0.97) for i, frame in enumerate(fixed)]
    assert unsteadiness(frames, uneven, lambda t, content: table(content)) > 1.05
