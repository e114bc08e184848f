"""Comparing: which results stand side by side, and that each is measured."""

import pytest

from ccpl import MODES, Look
from ccpl.evaluation.compare import compare, contenders
from ccpl.painting.requests import Host, Inputs


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


def test_every_result_has_its_figures(picture, styles):
    asked = contenders(Inputs(styles[:1], names=["one"]), Look(strength=0.0))
    results = list(compare(Host(device="cpu"), picture(64, 64), asked))
    assert [item.label for item in results] == list(MODES)
    for item in results:  # strength 0: nothing is transferred, everything is kept
        assert item.figures["style"] == pytest.approx(1, abs=1e-3)
        assert item.figures["ssim"] == pytest.approx(1, abs=1e-3)
