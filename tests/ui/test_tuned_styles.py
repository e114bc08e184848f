"""Tuned styles on the page, without a browser: what is listed, asked for, made and dropped."""

from types import SimpleNamespace

import pytest

from ccpl.config import HOSTED
from ccpl.errors import InputError
from ccpl.files.tuned import Tuned, TunedFacts, save_tuned
from ccpl.models import FixedCode, FixedPainter
from ccpl.painting.requests import Host
from ccpl.ui import tune, tuned
from ccpl.ui.builtin import Library
from tests.conftest import random_network


@pytest.fixture
def host(tmp_path, picture):
    """A host whose folder holds the tuned style "rain"."""
    painter = FixedPainter(random_network().config)
    facts = TunedFacts("rain", "artistic", "")
    save_tuned(Tuned(facts, painter, FixedCode(), picture(32, 32)), tmp_path / "rain.safetensors")
    return Host(device="cpu", tuned=tmp_path)


@pytest.fixture
def library():
    return Library((), (), ())


REQUEST = SimpleNamespace(session_hash="me")


def names_of(host, own):
    gallery, choice, here = tuned.shown(host, own)
    assert [value for _, value in choice.choices[:2]] == ["auto", "off"]
    names = [value for _, value in choice.choices[2:]]
    assert [one["name"] for one in here["tuned"]] == names
    return names


def test_a_page_of_ones_own_lists_every_tuned_style_and_a_hosted_one_the_visitors(host):
    assert names_of(host, []) == ["rain"]
    hosted = Host(HOSTED, "cpu", host.tuned)
    assert names_of(hosted, []) == []
    assert names_of(hosted, ["rain"]) == ["rain"]


def test_a_tuned_style_is_dropped_on_demand(host):
    chosen, own, status = tune.deleting(host)("rain", ["rain"])
    assert (chosen, own) == ("auto", []) and "Deleted rain" in status
    *_, status = tune.deleting(host)("rain", [])
    assert "no tuned style" in status


def test_names_never_meet(host):
    assert tune.free_name(host, "snow") == "snow"
    assert tune.free_name(host, "rain") == "rain 2"
    assert tune.free_name(Host(HOSTED, "cpu", host.tuned), "rain") not in ("rain", "rain 2")


def test_a_hosted_page_without_a_gpu_says_why_it_does_not_tune(host, library):
    hosted = Host(HOSTED, "cpu", host.tuned)
    run = tune.tuning(hosted, library, {}, clip=False)
    *_, last = run(REQUEST, "rain", 1, [], None, None, "artistic")
    assert "without a GPU" in last[-1]


def test_what_is_missing_is_said(host, library, tmp_path, picture):
    run = tune.tuning(host, library, {}, clip=False)
    *_, last = run(REQUEST, "rain", 1, [], None, None, "artistic")
    assert "Choose a style picture first." in last[-1]
    picture(32, 32).save(tmp_path / "style.png")
    with pytest.raises(InputError, match="Choose a clip first"):
        tune.asked(host, library, "x", 1, str(tmp_path / "style.png"), None, "artistic", clip=True)


def test_stop_keeps_the_best_and_chooses_it(host, library, tmp_path, picture, monkeypatch):
    picture(32, 32).save(tmp_path / "style.png")
    stops, closed = {}, []

    def steps(config, style, preview):
        try:
            while True:
                report = SimpleNamespace(
                    note="", step=1, share=0.1, losses={"total": 1.0}, seconds_left=9.0
                )
                yield SimpleNamespace(preview=picture(8, 24), report=report)
        finally:
            closed.append(config.path.name)

    monkeypatch.setattr(tune, "tune_style", steps)
    run = tune.tuning(host, library, stops, clip=False)
    values = run(REQUEST, "snow", 1, [], str(tmp_path / "style.png"), None, "artistic")
    next(values), next(values)
    stops["me"].set()
    *_, last = values
    assert last[1:3] == ["snow", ["snow"]] and closed == ["snow.safetensors"] and not stops
