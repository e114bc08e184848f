"""Comparing: which results stand side by side, and that each is measured."""

import pytest

from ccpl import MODES, InputError, Look
from ccpl.colour.lut import identity, plain_lut
from ccpl.evaluation.compare import compare, contenders
from ccpl.painting.requests import Host, Inputs

LUT = plain_lut(identity(2))


@pytest.fixture
def styles(picture):
    return [picture(64, 64, seed) for seed in (1, 2)]


def test_one_style_is_compared_in_every_mode(styles):
    asked = contenders(Inputs(styles[:1], names=["one"]), Look(strength=0.5))
    assert [item.label for item in asked] == list(MODES)
    assert [item.look for item in asked] == [Look(mode=mode, strength=0.5) for mode in MODES]


def test_two_styles_are_compared_in_the_mode_asked_for(styles):
    look = Look(mode="photo")
    asked = contenders(Inputs(styles, names=["one", "two"]), look)
    assert [(item.label, item.look) for item in asked] == [("one", look), ("two", look)]
    assert [list(item.inputs.styles) for item in asked] == [styles[:1], styles[1:]]


def test_styles_of_one_name_are_told_apart(styles):
    asked = contenders(Inputs(styles, names=["own picture"] * 2), Look())
    assert [item.label for item in asked] == ["own picture (1)", "own picture (2)"]


def test_a_lut_is_not_compared(styles):
    for inputs in (Inputs([LUT], names=["film"]), Inputs([styles[0], LUT], names=["one", "film"])):
        for methods in (False, True):
            with pytest.raises(InputError, match="not to a LUT"):
                contenders(inputs, Look(mode="photo"), methods=methods)


def test_methods_are_compared_where_there_are_several(styles, monkeypatch):
    inputs = Inputs(styles[:1], names=["one"])
    with pytest.raises(InputError, match="methods are compared in mode artistic or perceptual"):
        contenders(inputs, Look(mode="photo"), methods=True)
    monkeypatch.setattr(
        "ccpl.evaluation.compare.available_models", lambda: ["lite.artistic", "lite.photo"]
    )
    with pytest.raises(InputError, match="missing are lite.artistic.adain, .*--train --transform"):
        contenders(inputs, Look(), methods=True)
    monkeypatch.setattr(
        "ccpl.evaluation.compare.available_models", lambda: ["lite.artistic", "lite.artistic.wct"]
    )
    asked = contenders(inputs, Look(), methods=True)
    assert [(item.label, item.look.transform) for item in asked] == [("SCT", "sct"), ("WCT", "wct")]


def test_every_result_has_its_figures(picture, styles):
    asked = contenders(Inputs(styles[:1], names=["one"]), Look(strength=0.0))
    results = list(compare(Host(device="cpu"), picture(64, 64), asked))
    assert [item.label for item in results] == list(MODES)
    for item in results:  # strength 0: nothing is transferred, everything is kept
        assert item.figures["style"] == pytest.approx(1, abs=1e-3)
        assert item.figures["ssim"] == pytest.approx(1, abs=1e-3)
