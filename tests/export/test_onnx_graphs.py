"""Exported graphs paint what the networks paint, whatever the size."""

import json
from dataclasses import replace

import onnx
import pytest
import torch

from ccpl.errors import InputError
from ccpl.export.check import FAR, SHARE, Session, agreement, check_picture, check_style, patterns
from ccpl.export.compose import DOUBLINGS
from ccpl.export.config import OnnxConfig
from ccpl.export.fixed import fix_size
from ccpl.export.graphs import bake, build_graphs, build_tuned
from ccpl.export.pieces import pack, painter_changes, to_vector, unpack
from ccpl.image import to_image
from ccpl.models import FixedCode
from ccpl.models.painter.fixed import fold
from ccpl.painting.stylizer import Stylizer
from tests.conftest import random_network

SIZES = [(1, 1), (1, 9), (8, 8), (17, 40), (48, 65), (163, 160), (165, 331), (350, 340)]
STYLE = to_image(patterns(90, 70))


def rough(network):
    """Weights that float16 holds."""
    with torch.no_grad():
        for value in network.state_dict().values():
            value.copy_(value.half())
    return network


@pytest.fixture(scope="module")
def stylizers():
    return {mode: Stylizer(rough(random_network(mode))) for mode in ("artistic", "photo")}


@pytest.fixture(scope="module")
def graphs(stylizers):
    return {mode: build_graphs(stylizer) for mode, stylizer in stylizers.items()}


@pytest.fixture(scope="module")
def sessions(graphs):
    return {mode: Session(pair.picture) for mode, pair in graphs.items()}


def painted(stylizer, content, look):
    with torch.inference_mode():
        code = stylizer.encode_style(STYLE, look)
        return stylizer.route.stylize(content, code, look).clamp(0, 1)


def code_of(stylizer):
    return to_vector(stylizer.network, stylizer.encode_style(STYLE))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode", ["artistic", "photo"])
def test_the_picture_graph_paints_what_the_network_paints(stylizers, sessions, mode, size):
    stylizer, content = stylizers[mode], patterns(*size)
    found = sessions[mode](content=content, code=code_of(stylizer))
    near, most = agreement(found, painted(stylizer, content, stylizer.look))
    assert near >= SHARE
    assert most <= FAR


@pytest.mark.parametrize("mode", ["artistic", "photo"])
def test_strength_goes_from_the_content_to_the_full_style(stylizers, sessions, mode):
    stylizer, content = stylizers[mode], patterns(40, 50)
    for strength in (0.0, 0.3):
        look = replace(stylizer.look, strength=strength)
        share = torch.tensor([strength])
        found = sessions[mode](content=content, code=code_of(stylizer), strength=share)
        assert torch.allclose(found, painted(stylizer, content, look), atol=1e-4)


@pytest.mark.parametrize("stroke_size", [0.5, 2.0])
def test_the_stroke_size_is_that_of_the_draft(stylizers, sessions, stroke_size):
    stylizer, content = stylizers["artistic"], patterns(200, 170)
    look = replace(stylizer.look, stroke_size=stroke_size)
    stroke = torch.tensor([stroke_size])
    found = sessions["artistic"](content=content, code=code_of(stylizer), stroke_size=stroke)
    near, most = agreement(found, painted(stylizer, content, look))
    assert near >= SHARE
    assert most <= FAR


@pytest.mark.parametrize("mode", ["artistic", "photo"])
def test_the_style_graph_makes_the_codes_of_the_network(stylizers, graphs, mode):
    check_style(stylizers[mode], graphs[mode].style)


def test_a_code_survives_being_a_vector(stylizers):
    network = stylizers["artistic"].network
    changes = painter_changes(network, stylizers["artistic"].encode_style(STYLE))
    assert torch.equal(pack(unpack(pack(changes), changes)), pack(changes))
    assert unpack(pack(changes), changes).transform.cov.shape == changes.transform.cov.shape


@pytest.mark.parametrize("mode", ["artistic", "photo"])
def test_a_graph_of_one_size_and_style_has_no_conditionals(stylizers, graphs, mode):
    stylizer, content = stylizers[mode], patterns(165, 330)
    model = fix_size(bake(graphs[mode].picture, code_of(stylizer)), (165, 330), half=False)
    assert not {"If", "Loop", "Scan"} & {node.op_type for node in model.graph.node}
    assert {node.domain for node in model.graph.node} == {""}
    assert {item.name for item in model.graph.input} == {"content", "strength"}
    found = Session(model)(content=content)
    near, most = agreement(found, painted(stylizer, content, stylizer.look))
    assert near >= SHARE
    assert most <= FAR


def test_half_the_weights_are_half_the_file_and_the_same_picture(stylizers, graphs, sessions):
    stylizer, whole = stylizers["artistic"], graphs["artistic"].picture
    half = build_graphs(stylizer, half=True).picture
    inputs = {"content": patterns(40, 50), "code": code_of(stylizer)}
    assert torch.equal(Session(half)(**inputs), sessions["artistic"](**inputs))
    sizes = [sum(len(x.raw_data) for x in m.graph.initializer) for m in (half, whole)]
    assert sizes[0] < 0.55 * sizes[1]


def test_graphs_say_what_they_are_and_take(graphs):
    for mode, pair in graphs.items():
        for model in pair:
            onnx.checker.check_model(model, full_check=True)
            facts = {item.key: item.value for item in model.metadata_props}
            assert facts["network"] == f"lite.{mode}"
            assert int(facts["opset"]) == model.opset_import[0].version
            inputs = json.loads(facts["inputs"])
            assert inputs.keys() == {item.name for item in model.graph.input}
            if mode == "artistic" and "content" in inputs:
                assert str(160 * 2**DOUBLINGS) in inputs["content"]
    assert DOUBLINGS == 8  # as the metadata's largest side has it
    assert (
        "40960"
        in json.loads(
            next(x.value for x in graphs["artistic"].picture.metadata_props if x.key == "inputs")
        )["content"]
    )


def test_a_graph_that_paints_something_else_is_refused(stylizers, graphs):
    other = Stylizer(random_network(seed=5))
    with pytest.raises(InputError, match=r"does not paint what lite\.artistic paints at 1x1"):
        check_picture(other, graphs["artistic"].picture)
    with pytest.raises(InputError, match="other codes"):
        check_style(other, graphs["artistic"].style)


@pytest.mark.parametrize("size", ["640", "0x10", "10x", "640×480", "axb"])
def test_a_size_that_is_none_is_named(size):
    with pytest.raises(InputError, match=f"size must be dynamic or HxW, as 480x640, got '{size}'"):
        OnnxConfig(size=size)
    assert OnnxConfig(size="480x640").sides == (480, 640)
    assert OnnxConfig().sides is None


def test_a_flat_picture_stays_flat_in_every_runtime(stylizers, sessions):
    stylizer = stylizers["artistic"]
    content = torch.full((1, 3, 50, 37), 128 / 255)
    found = sessions["artistic"](content=content, code=code_of(stylizer))
    assert torch.allclose(found, painted(stylizer, content, stylizer.look), atol=1 / 255)


def test_a_tuned_style_is_one_graph_without_a_code(stylizers):
    network = stylizers["artistic"].network
    painter = fold(network, stylizers["artistic"].encode_style(STYLE))
    tuned = Stylizer(painter, own=FixedCode())
    session = Session(build_tuned(tuned))
    assert session.inputs == {"content", "strength", "stroke_size"}
    for size in ((1, 9), (163, 160), (350, 340)):
        content = patterns(*size)
        near, most = agreement(session(content=content), painted(tuned, content, tuned.look))
        assert near >= SHARE, size
        assert most <= FAR, size


def test_a_tuned_style_of_photo_mode_has_its_code_inside(stylizers, graphs, monkeypatch):
    monkeypatch.setattr("ccpl.export.graphs.build_graphs", lambda *_, half: graphs["photo"])
    own = stylizers["photo"].encode_style(STYLE)
    tuned = Stylizer(stylizers["photo"].network, own=own)
    model = build_tuned(tuned)
    assert Session(model).inputs == {"content", "strength"}
    check_picture(tuned, model)


def test_a_tuned_style_takes_no_other():
    with pytest.raises(InputError, match="leave the style out"):
        OnnxConfig(style="rain.jpg", tuned="rain")
