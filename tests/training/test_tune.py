"""Tuning on tiny pictures: what is learned, kept, gone on from and refused."""

import math

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from ccpl.config import MODES, VideoConfig
from ccpl.errors import InputError
from ccpl.files.tuned import (
    TUNED_DIR,
    find_tuned,
    load_tuned,
    own_names,
    read_facts,
    read_thumbnail,
    tuned_names,
)
from ccpl.files.vgg import EXAMPLES
from ccpl.files.weights import save_weights, sha256
from ccpl.image import load_image
from ccpl.look import Look
from ccpl.models.vgg import VGG19
from ccpl.painting.requests import Host, Inputs, paint_small, stylize_picture
from ccpl.painting.shipped import load_stylizer
from ccpl.painting.tuned import load_tuned_stylizer, shipped_for
from ccpl.training.tune.config import TuneConfig
from ccpl.training.tune.loop import tune_steps
from ccpl.training.tune.run import Session, follow, start, tune
from ccpl.training.tune.shot import ShotLessons
from tests.conftest import draw_picture, random_network


@pytest.fixture(scope="module")
def features():
    """A VGG-19 to relu3_1 with random weights."""
    torch.manual_seed(0)
    vgg = VGG19(("relu1_1", "relu2_1", "relu3_1"))
    for conv in vgg.convs.values():
        torch.nn.init.kaiming_normal_(conv.weight)
    return vgg.eval().requires_grad_(False)


@pytest.fixture
def options(picture_folder, tmp_path, monkeypatch):
    """Options of a tuning of few steps on small crops, from small general networks."""
    for mode in ("artistic", "perceptual", "photo"):
        save_weights(random_network(mode), tmp_path / "weights" / f"lite.{mode}.safetensors")
    monkeypatch.setattr("ccpl.training.tune.run.WEIGHTS_DIR", tmp_path / "weights")
    monkeypatch.setattr("ccpl.training.tune.run.COMPARED_SIDE", dict.fromkeys(MODES, 64))
    monkeypatch.setattr("ccpl.training.tune.lesson.PICTURE_SIDE", 64)
    return {
        "content_dir": str(picture_folder("photos", 2)),
        "output": str(tmp_path / "rain.safetensors"),
        "side": 64,
        "style_scales": (1.0, 0.5),
        "steps": 2,
        "device": "cpu",
    }


@pytest.fixture
def session(options, features, picture):
    """A function (**changes) -> a Session."""

    def make(style=None, **changes):
        return Session(TuneConfig(**{**options, **changes}), style or picture(96, 96, 5), features)

    return make


@pytest.mark.parametrize("mode", ["artistic", "photo"])
def test_a_tuned_style_paints_without_its_picture(session, picture, tmp_path, mode):
    made = session(mode=mode, steps=10)
    losses = [progress.report.losses["total"] for progress in follow(made)]
    assert losses[-1] < losses[0]
    path = tmp_path / "rain.safetensors"
    tuned = load_tuned(path)
    assert (tuned.facts.name, tuned.facts.mode, tuned.facts.steps) == ("rain", mode, 10)
    assert tuned.thumbnail.size == (96, 96)
    content = picture(40, 64)
    by_file = load_tuned_stylizer(path, "cpu").stylize(content)
    assert by_file.size == content.size
    weights = tmp_path / "weights"
    general = load_stylizer(mode, device="cpu", weights_dir=weights).stylize(content, made.style)
    assert by_file.tobytes() != general.tobytes()


def test_the_call_gives_a_stylizer(options, features, picture):
    del options["output"]
    stylizer = tune(picture(96, 96, 5), features=features, **options)
    assert stylizer.stylize(picture(32, 48)).size == (48, 32)


@pytest.fixture
def clip(tmp_path):
    """Two scenes of four frames, each moving to the left by two pixels a frame."""
    path = tmp_path / "shot.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 10, (96, 64))
    for seed in (1, 2):
        scene = draw_picture(64, 128, seed)
        for shift in range(0, 8, 2):
            writer.write(scene[:, shift : shift + 96, ::-1])
    writer.release()
    return path


def test_a_shot_gives_pairs_of_frames_and_the_flow_between_them(clip):
    lessons = ShotLessons(clip, VideoConfig(), 64, seed=0)
    assert len(lessons.pairs) == 6  # none across the cut
    motion = lessons[1].motion
    assert motion.mask.mean() > 0.5
    assert motion.flow[motion.mask[:, 0] > 0].mean(0)[0] == pytest.approx(2, abs=1)


def test_a_part_without_frames_is_refused(clip):
    with pytest.raises(InputError, match="empty"):
        ShotLessons(clip, VideoConfig(start=50.0), 64, seed=0)


@pytest.mark.parametrize("mode", ["artistic", "photo"])
def test_tuning_to_a_shot_weighs_change_that_is_none_of_its_own(session, clip, mode):
    losses = [p.report.losses for p in follow(session(clip=str(clip), mode=mode, flicker="low"))]
    assert {"temporal", "feature_temporal", "noise"} <= losses[0].keys()
    assert all(math.isfinite(value) for value in losses[-1].values())


def test_stages_are_kept_from_weak_to_strong(session, tmp_path):
    kept = [p.kept for p in follow(session(keep_every=1, steps=3)) if p.kept]
    assert [path.name for path in kept] == [
        "rain-1.safetensors", "rain-2.safetensors", "rain.safetensors",
    ]  # fmt: skip
    assert [read_facts(path).steps for path in kept] == [1, 2, 3]


def test_what_is_stopped_keeps_the_best_and_goes_on(session, tmp_path):
    steps = follow(session(steps=100))
    for _ in range(3):
        next(steps)
    steps.close()
    assert read_facts(tmp_path / "rain.safetensors").steps == 3
    *_, last = follow(session(resume=True))
    assert read_facts(last.kept).steps == 5


def test_resuming_needs_the_file_the_mode_and_the_style(session, picture):
    with pytest.raises(InputError, match="leave out --resume"):
        session(resume=True)
    for _ in follow(session()):
        pass
    with pytest.raises(InputError, match="--mode artistic"):
        session(resume=True, mode="perceptual")
    with pytest.raises(InputError, match="another style"):
        session(picture(96, 96, 6), resume=True)


def test_a_loss_that_is_not_finite_goes_back_to_the_best_at_half_the_rate(session):
    made = session(steps=8)
    tuning, objective = made.tuning, made.tuning.model.objective
    good = objective.forward

    def bad_once(network, lesson, step):
        values = good(network, lesson, step)
        if tuning.step == 4 and not tuning.failures:
            values["total"] = values["total"] * math.nan
        return values

    objective.forward = bad_once
    notes = [report.note for report in tune_steps(tuning, made.config) if report.note]
    assert len(notes) == 1 and "back to the best" in notes[0] and "0.0002" in notes[0]
    assert all(p.isfinite().all() for p in tuning.best.values())


def test_previews_show_content_general_and_tuned_side_by_side(session, picture):
    made = session()
    first = next(follow(made))
    assert first.preview.height == 64 and first.preview.width % 3 == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"minutes": 0.01}, "minutes must lie between 0.2 and 600"),
        ({"name": "../up"}, "cannot be called"),
        ({"name": "off"}, "neither auto nor off"),
        ({"start": 1.0}, "--clip"),
        ({"steps": 0}, "steps must lie between 1"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_a_sentence(changes, words):
    with pytest.raises(InputError, match=words):
        TuneConfig(style="x.png", **changes)


def test_a_style_of_one_colour_is_refused(session):
    with pytest.raises(InputError, match="of one colour"):
        session(Image.new("RGB", (64, 64), "teal"))


def test_a_style_is_needed(options):
    with pytest.raises(InputError, match="--style"):
        start(TuneConfig(**options))


def test_a_host_finds_tuned_styles_by_name_and_lists_them(session, picture, tmp_path):
    for _ in follow(session()):
        pass
    host = Host(device="cpu", tuned=tmp_path)
    look = host.settled(Look(mode="photo", tuned="rain"))
    assert (look.mode, look.tag()) == ("artistic", "artistic")
    painted = stylize_picture(host, picture(32, 40), Inputs([]), look)
    assert painted.stylized.size == (40, 32)
    with pytest.raises(InputError, match="there are rain"):
        host.stylizer(Look(tuned="snow"))
    with pytest.raises(InputError, match="no tuned style"):
        find_tuned(str(tmp_path / "rain.safetensors"), tmp_path)  # a path, where none is allowed
    assert read_thumbnail(tmp_path / "rain.safetensors").size == (96, 96)


def test_a_built_in_style_uses_the_file_that_ships_with_it(session, picture, tmp_path):
    style = picture(96, 96, 5)
    for _ in follow(session(style)):
        pass
    own = tmp_path / "rain.safetensors"
    assert shipped_for(style, Look(), tmp_path) is None  # the user's own file does not count
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / own.name).write_bytes(own.read_bytes())
    (folder / "SHA256SUMS").write_text(f"{sha256(own)}  {own.name}\n")
    host = Host(device="cpu", tuned=folder)
    assert host.stylizer(Look(), [style]).own is not None
    assert tuned_names(folder) == ("rain",) and own_names(folder) == ()
    others = (
        ([picture(96, 96, 6)], Look()),
        ([style], Look(tuned="off")),
        ([style], Look(mode="photo")),
    )
    for styles, look in others:
        assert host.stylizer(look, styles).own is None
    content, other = picture(32, 40), picture(96, 96, 6)
    small = paint_small(host, content, [other, style], Look())
    whole = [stylize_picture(host, content, Inputs([s]), Look()).full for s in (other, style)]
    for one, same in zip(small, whole, strict=True):
        assert np.abs(np.asarray(one, int) - np.asarray(same, int)).mean() < 1


def test_an_altered_or_foreign_file_is_refused(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"oops")
    with pytest.raises(InputError, match="no tuned style"):
        load_tuned(path)


@pytest.mark.parametrize("path", sorted(TUNED_DIR.glob("*.safetensors")), ids=lambda p: p.stem)
def test_every_shipped_file_is_of_a_built_in_style_and_used_for_it(path):
    style = load_image(EXAMPLES.with_name("styles") / f"{path.stem}.jpg")
    assert shipped_for(style, Look()) == path
    assert path.stat().st_size < 6e6
    content = draw_picture(48, 64, 3)
    own = stylize_picture(Host(device="cpu"), content, Inputs([style]), Look()).stylized
    general = stylize_picture(
        Host(device="cpu"), content, Inputs([style]), Look(tuned="off")
    ).stylized
    assert np.abs(np.asarray(own, int) - np.asarray(general, int)).mean() > 2
