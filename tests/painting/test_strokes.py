import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from ccpl.errors import InputError
from ccpl.look import Look
from ccpl.painting import routes
from ccpl.painting.strokes import attention, paint_levels, strokes_of
from ccpl.painting.stylizer import Stylizer
from ccpl.painting.tiles import finished
from tests.conftest import random_network


@pytest.fixture(scope="module")
def network():
    return random_network().eval()


@pytest.fixture
def route(network):
    return routes.route_for(network, torch.device("cpu"))


@pytest.fixture
def code(network):
    with torch.inference_mode():
        return network.encode_style(torch.rand(1, 3, 256, 256))


def smooth(height, width):
    return F.avg_pool2d(torch.rand(1, 3, height, width), 5, 1, 2)


@pytest.mark.parametrize("size", [(60, 90), (160, 160), (301, 422), (90, 1000)])
@pytest.mark.parametrize(("grey", "stroke_size"), [(0, 2.0), (128, 1.0), (255, 0.5)])
@torch.inference_mode()
def test_a_map_of_one_grey_is_one_stroke_size(route, code, size, grey, stroke_size):
    content = smooth(*size)
    mapped = route.with_map(Image.new("L", (7, 5), grey))
    painted = mapped.stylize(content, code, Look(stroke_contrast=1.0))
    even = route.stylize(content, code, Look(stroke_size=stroke_size))
    torch.testing.assert_close(painted, even, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_each_side_of_a_map_has_its_own_strokes(route, code):
    content = smooth(320, 320)
    half = Image.new("L", (320, 320))
    half.paste(255, (0, 0, 160, 320))
    painted = route.with_map(half).stylize(content, code, Look(stroke_contrast=1.0))
    fine, broad = (route.stylize(content, code, Look(stroke_size=s)) for s in (0.5, 2.0))

    def gap(other, columns):
        return (painted - other)[..., columns].abs().mean()

    left, right = slice(0, 100), slice(220, None)  # what is near the border sees both
    assert gap(fine, left) < 0.1 * gap(broad, left)
    assert gap(broad, right) < 0.1 * gap(fine, right)


@torch.inference_mode()
def test_tiles_know_their_place_in_the_map(route, code, monkeypatch):
    content, look = smooth(301, 422), Look(stroke_contrast=0.7)
    mapped = route.with_map(Image.linear_gradient("L"))
    whole = mapped.stylize(content, code, look)
    monkeypatch.setitem(routes.TILE, "lite", 64)
    torch.testing.assert_close(mapped.stylize(content, code, look), whole, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_a_still_clip_stays_still(route, code):
    frames = torch.rand(1, 3, 90, 160).repeat(3, 1, 1, 1)
    cuts = torch.tensor([True, False, False])
    look = Look(stroke_contrast=1.0)
    out, state = route.stylize_frames(frames, code, look, torch.ones(3), cuts, None)
    torch.testing.assert_close(out, out[:1].expand_as(out), atol=1e-5, rtol=0)
    assert state.shape[:2] == (1, 1)


@torch.inference_mode()
def test_the_map_of_a_clip_follows_slowly_and_starts_anew_at_cuts(route, code):
    frames, cuts = torch.rand(2, 3, 64, 64), torch.tensor([True, False])
    frames[0, :, :32, :32] = frames[1, :, 32:, 32:] = 0.5
    look = Look(stroke_contrast=1.0)
    _, state = route.stylize_frames(frames, code, look, torch.ones(2), cuts, None)
    first, second = attention(frames).split(1)
    torch.testing.assert_close(state, first.lerp(second, routes.SMOOTHING))
    _, state = route.stylize_frames(frames[1:], code, look, torch.ones(1), cuts[:1], state)
    torch.testing.assert_close(state, second)
    _, state = route.stylize_frames(frames, code, Look(), torch.ones(2), cuts, None)
    assert state is None  # one size needs no map


def test_one_looks_at_what_differs_from_the_rest():
    picture = torch.full((1, 3, 256, 384), 0.6)
    picture[..., 96:160, 240:320] = torch.rand(64, 80)
    fine = attention(picture)
    height, width = fine.shape[2:]
    there = fine[..., height * 3 // 8 : height * 5 // 8, width * 5 // 8 : width * 5 // 6]
    assert fine.shape[:2] == (1, 1) and there.mean() > 0.9
    assert fine[..., :, : width // 3].mean() < 0.2
    assert torch.equal(attention(torch.full((1, 3, 64, 64), 0.3)), torch.full((1, 1, 16, 16), 0.5))


def test_sizes_stay_within_what_a_look_may_ask_for():
    content = torch.rand(1, 3, 32, 32)
    assert strokes_of(Look(stroke_size=0.25, stroke_contrast=1.0), content).sizes == (
        0.5,
        0.25,
        0.25,
    )
    assert strokes_of(Look(stroke_size=2.0), content).sizes == (2.0,)


@torch.inference_mode()
def test_every_draft_is_made_once_at_its_own_size(network, code):
    class Counting:
        sizes: list = []

        def draft_at(self, size, content):
            self.sizes.append(size)
            return torch.zeros(1, 3, *size)

    content = smooth(640, 640)
    strokes = strokes_of(Look(stroke_contrast=1.0), content)
    steps = paint_levels(content, Counting(), strokes, lambda picture, *_: picture)
    assert finished(steps).shape == content.shape
    assert Counting.sizes == [(80, 80), (160, 160), (320, 320)]


def test_a_map_asks_for_several_sizes_by_itself(network, picture):
    stylizer, content, style = Stylizer(network), picture(200, 260), picture(96, 96, 5)
    fine = Image.new("L", (4, 4), 255)
    by_map = stylizer.stylize(content, style, stroke_map=fine)
    assert by_map == stylizer.stylize(content, style, Look(stroke_contrast=1.0), stroke_map=fine)
    assert by_map != stylizer.stylize(content, style)


@pytest.mark.parametrize("other", [{"mode": "photo"}, {"arch": "vgg19"}])
def test_other_networks_have_one_size(other):
    with pytest.raises(
        InputError,
        match="fine where you look is for mode artistic or perceptual with the fast engine",
    ):
        Look(stroke_contrast=0.5, **other)
