import torch
import torch.nn.functional as F

from ccpl.config import ModelConfig
from ccpl.look import Look
from ccpl.models import build_network
from ccpl.painting import routes

SMALL = ModelConfig(draft_widths=(8, 12, 16), draft_rank=4, revision_widths=(8, 8))


def painter():
    torch.manual_seed(0)
    network = build_network(SMALL).eval()
    with torch.no_grad():
        for revision in network.revisions.values():
            revision.head.weight.mul_(10)
    return routes.route_for(network, torch.device("cpu"))


@torch.inference_mode()
def test_levels_in_tiles_equal_whole_levels(monkeypatch):
    route = painter()
    code = route.network.encode_style(torch.rand(1, 3, 256, 256))
    content = F.avg_pool2d(torch.rand(1, 3, 301, 422), 5, 1, 2)
    whole = route.stylize(content, code, Look())
    monkeypatch.setitem(routes.TILE, "lite", 64)
    torch.testing.assert_close(route.stylize(content, code, Look()), whole, atol=1e-5, rtol=0)
    torch.testing.assert_close(route.network(content, code), whole, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_a_still_clip_stays_still():
    route = painter()
    code = route.network.encode_style(torch.rand(1, 3, 256, 256))
    frame = torch.rand(1, 3, 90, 160)
    frames, strengths = frame.repeat(3, 1, 1, 1), torch.ones(3)
    cuts = torch.tensor([True, False, False])
    out, _ = route.stylize_frames(frames, code, Look(), strengths, cuts, None)
    torch.testing.assert_close(out, out[:1].expand_as(out), atol=1e-5, rtol=0)


@torch.inference_mode()
def test_strength_may_change_from_frame_to_frame():
    route = painter()
    code = route.network.encode_style(torch.rand(1, 3, 256, 256))
    frames = torch.rand(2, 3, 90, 160)
    cuts = torch.tensor([True, False])
    out, _ = route.stylize_frames(frames, code, Look(), torch.tensor([0.0, 1.0]), cuts, None)
    assert torch.equal(out[0], frames[0])
    assert not torch.allclose(out[1], frames[1], atol=0.01)
