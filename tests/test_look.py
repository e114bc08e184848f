"""A look refuses what cannot be asked for, and names itself in metadata and file names."""

from dataclasses import fields, replace

import pytest

from ccpl import InputError, Look
from ccpl.look import look_options, needs
from ccpl.options import options


def test_every_field_has_a_label_a_sentence_of_help_and_its_range_or_choices():
    assert [item.name for item in options(Look)] == [item.name for item in fields(Look)]
    for item in options(Look):
        assert item.help.endswith("."), item.name
        assert item.label[0].isupper(), item.name
        assert item.kind in (bool, str) or item.choices or item.range, item.name


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"mode": "cubist"}, "unknown mode 'cubist'; expected one of artistic, photo, perceptual"),
        ({"arch": "vgg16"}, "unknown engine 'vgg16'; expected one of lite, vgg19"),
        ({"strength": 7}, "strength must lie between 0 and 1, got 7"),
        ({"strength": float("nan")}, "strength must be a number, got nan"),
        ({"end_strength": -1}, "strength at the end must lie between 0 and 1, got -1"),
        ({"stroke_size": None}, "stroke size must be a number, got None"),
        ({"stroke_size": 9}, "stroke size must lie between 0.25 and 4, got 9"),
        ({"max_side": 0}, "longest side in pixels must be at least 1, got 0"),
        ({"share": 1.1}, "share of the second style must lie between 0 and 1, got 1.1"),
        ({"stabilize": "yes"}, "expected one of off, statistics, flow"),
        ({"region": "left"}, "expected one of inside, outside"),
        ({"keep_colors": "no"}, "keep the original colours must be true or false"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_one_sentence(asked, words):
    with pytest.raises(InputError) as error:
        Look(**asked)
    assert words in str(error.value)


def test_options_that_need_something_mean_nothing_without_it():
    plain = {item.name for item in look_options()}
    assert {"mode", "strength", "max_side"} < plain
    for need, name in (("clip", "stabilize"), ("second style", "share"), ("mask", "region")):
        assert name not in plain
        assert name in {item.name for item in look_options([need])}


def test_options_of_photo_mode_mean_nothing_in_the_others():
    for item in options(Look):
        if "photo" in needs(item):
            other = {bool: True, float: 0.25}.get(item.kind) or item.choices[-1]
            assert item not in look_options(["clip"])
            with pytest.raises(InputError, match="is for mode photo, not perceptual"):
                Look(mode="perceptual", **{item.name: other})


def test_flow_and_a_look_for_the_whole_scene_exclude_each_other():
    with pytest.raises(InputError, match="consistency lut and stabilization flow exclude"):
        Look(mode="photo", stabilize="flow", consistency="lut")


def test_a_name_tells_the_mode_and_what_is_not_the_default():
    assert Look().tag() == "artistic"
    look = Look(mode="photo", arch="vgg19", strength=0.5, keep_colors=True, share=0.3)
    assert look.tag() == "photo-vgg19-strength-0.5-keep-colors"
    assert look.tag(["second style"]) == "photo-vgg19-strength-0.5-keep-colors-share-0.3"


def test_settings_are_the_options_by_their_labels():
    settings = Look(mode="photo", strength=0.5).settings(["second style"])
    assert settings["Mode"] == "photo"
    assert settings["Strength"] == "0.5"
    assert settings["Keep the original colours"] == "no"
    assert settings["Share of the second style"] == "0.5"
    assert "Stabilization" not in settings and "Longest side in pixels" not in settings


@pytest.mark.parametrize("item", options(Look), ids=lambda item: item.name)
def test_any_option_that_is_changed_shows_in_name_and_settings(item):
    """With everything there is; what is missing here would be lost on the way."""
    given = ["clip", "second style", "mask"]
    other = (item.choices or [{bool: True, int: 640, float: 0.25, str: "off"}[item.kind]])[-1]
    mode = "artistic" if needs(item) & {"painting", "transform"} else "photo"
    plain = Look(mode=mode, stabilize="statistics", optimize="nnst")
    changed = replace(plain, **{item.name: other})
    assert plain.tag(given) != changed.tag(given)
    assert plain.settings(given) != changed.settings(given)


def test_the_strength_stays_unless_its_end_is_named():
    assert Look(strength=0.5).strengths == (0.5, 0.5)
    assert Look(strength=0.5, end_strength=0.0).strengths == (0.5, 0.0)
