"""Training end to end on tiny data, with a VGG-19 drawn from a seed."""

import csv
import pickle

import pytest
import torch
from PIL import Image

from ccpl.config import TRANSFORM_NAMES, ModelConfig
from ccpl.errors import InputError
from ccpl.files.weights import load_network, save_weights
from ccpl.models import build_network
from ccpl.models.vgg import CONVS, WIDTHS
from ccpl.training.config import train_config
from ccpl.training.data import Batch
from ccpl.training.loop import fit
from ccpl.training.objective import Objective
from ccpl.training.optimizer import (
    MODULATION_PACE,
    build_optimizer,
    freeze_all_but,
    learning_rate,
)
from ccpl.training.run import start_features, start_network, train

TERMS = {
    "content", "style", "gram", "ccp", "range", "consistency", "structure", "smooth", "identity"
}  # fmt: skip
# For what does not depend on the terms of the loss, nor on how many pictures there are.
QUICK = {
    "batch_size": 1, "consistency_weight": 0.0, "structure_weight": 0.0, "smooth_weight": 0.0,
    "identity_weight": 0.0, "thread_weight": 0.0, "style_scales": (1.0,), "ccp_scales": (1.0,),
}  # fmt: skip


@pytest.fixture(scope="module")
def vgg_state():
    """The layout conv1_1 ... conv3_1 with random weights, enough for losses."""
    generator = torch.Generator().manual_seed(0)
    state, width = {}, 3
    for name in CONVS[: CONVS.index("conv3_1") + 1]:
        shape = (WIDTHS[name], width, 3, 3)
        scale = (2 / (width * 9)) ** 0.5
        state[f"{name}.weight"] = torch.randn(shape, generator=generator) * scale
        state[f"{name}.bias"] = torch.zeros(WIDTHS[name])
        width = WIDTHS[name]
    return state


@pytest.fixture
def config(picture_folder, tmp_path):
    """A function (**changes) -> configuration of a tiny run without contact sheets."""
    folders = {
        "content_dir": str(picture_folder("content")),
        "style_dir": str(picture_folder("styles")),
        "output_dir": str(tmp_path / "run"),
    }
    basics = {
        "steps": 4, "batch_size": 2, "crop_size": 64, "device": "cpu", "warmup": 2,
        "sample_every": 0,
    }  # fmt: skip

    def make(mode="photo", **changes):
        return train_config(mode, **{**folders, **basics, **changes})

    return make


def test_the_loss_falls_and_the_weights_load(config, vgg_state, tmp_path):
    run = config(steps=12, warmup=0, lr=2e-3)
    losses = [report.losses for report in train(run, vgg_state)]
    assert losses[0].keys() == TERMS | {"total"}
    early, late = (sum(r["style"] for r in part) / 3 for part in (losses[:3], losses[-3:]))
    assert late < 0.9 * early
    assert load_network(tmp_path / "run" / "lite.photo.safetensors").config.mode == "photo"


def test_any_batches_can_be_fitted_and_the_network_ends_as_the_running_mean(config, vgg_state):
    run = config(steps=3, warmup=0, ema=0.5, **QUICK)
    network = start_network(run)
    before = {name: x.clone() for name, x in network.state_dict().items()}
    picture = torch.rand(1, 3, 64, 64)

    def one_style(step):
        while True:
            yield Batch(torch.rand(1, 3, 64, 64), picture, picture)

    objective = Objective(run, start_features(run, vgg_state))
    reports = list(fit(network, objective, one_style, run))
    assert [r.step for r in reports] == [1, 2, 3]
    assert any(not torch.equal(x, before[name]) for name, x in network.state_dict().items())


@pytest.mark.parametrize("mode", ["artistic", "photo"])
def test_the_features_that_ship_serve_where_there_is_no_vgg(config, mode):
    (only,) = train(config(mode, vgg="own", steps=1, crop_size=128, batch_size=1))
    assert only.losses["style"] > 0
    with pytest.raises(InputError, match="vgg19 has the layers of VGG-19 itself"):
        train_config("photo", "vgg19", vgg="own")


def test_only_the_named_part_learns(config, vgg_state, tmp_path):
    start = build_network(ModelConfig(mode="photo"))
    save_weights(start, tmp_path / "start.safetensors")
    given = {"learn": "decoder.regions", "init": str(tmp_path / "start.safetensors")}
    run = config("photo", steps=2, **given, **QUICK)
    list(train(run, vgg_state))
    after = load_network(run.weights_path).state_dict()
    changed = {
        name for name, old in start.state_dict().items() if not torch.equal(old, after[name])
    }
    assert {"decoder.regions.outputs.weight", "decoder.regions.inputs.mean"} <= changed
    assert all(name.startswith("decoder.regions.") for name in changed)


def test_several_named_parts_learn(config):
    network = start_network(config())
    freeze_all_but(network, "decoder.regions, decoder.merge")
    learning = {name for name, p in network.named_parameters() if p.requires_grad}
    assert {name.split(".")[1] for name in learning} == {"regions", "merge"}


def test_a_part_that_is_not_there_is_named_with_those_that_are(config, vgg_state):
    with pytest.raises(InputError, match=r"named 'draft'; try decoder.blocks, .*encoder"):
        train(config(learn="draft"), vgg_state)
    reference = build_network(ModelConfig(arch="vgg19", mode="photo"))
    with pytest.raises(InputError, match="that learns is named 'encoder'"):  # VGG-19, frozen
        freeze_all_but(reference, "encoder")


def test_wide_layers_and_the_modulation_learn_slower(config):
    network = start_network(config())
    groups = build_optimizer(network, config()).param_groups
    pace = {id(p): group["pace"] for group in groups for p in group["params"]}
    decoder = network.decoder
    assert pace[id(decoder.recolour.bias)] == 1
    assert pace[id(decoder.merge[0].first.weight)] == 0.5
    assert pace[id(decoder.blocks[0].first.weight)] == 0.25
    assert pace[id(decoder.modulation.hidden.weight)] == MODULATION_PACE


def test_training_goes_on_in_the_shape_of_the_weights_it_starts_from(config, tmp_path):
    shape = ModelConfig(mode="photo", deep_blocks=(8, 24), shallow_blocks=(32,))
    start = build_network(shape)
    save_weights(start, tmp_path / "start.safetensors")
    network = start_network(config("photo", init=str(tmp_path / "start.safetensors")))
    assert network.config == shape
    for name, value in network.state_dict().items():
        assert torch.equal(value, start.state_dict()[name]), name


PAINTING = {"draft_widths": (8, 12, 16), "draft_rank": 4, "revision_widths": (8, 8)}


def test_perceptual_mode_trains_from_artistic_weights(config, vgg_state, tmp_path):
    start = tmp_path / "lite.artistic.safetensors"
    save_weights(build_network(ModelConfig(**PAINTING)), start)
    small = {"picture_side": 64, "style_side": 64, "style_scales": (1.0,), "ccp_scales": (1.0,)}
    (report,) = train(config("perceptual", init=str(start), steps=1, **small), vgg_state)
    assert report.losses["thread"] >= 0
    trained = load_network(tmp_path / "run" / "lite.perceptual.safetensors")
    assert trained.config == ModelConfig(mode="perceptual", **PAINTING)


@pytest.mark.parametrize("transform", [name for name in TRANSFORM_NAMES if name != "sct"])
def test_another_transform_learns_from_weights_with_sct(config, vgg_state, tmp_path, transform):
    start = build_network(ModelConfig(**PAINTING))
    save_weights(start, tmp_path / "lite.artistic.safetensors")
    given = {"transform": transform, "init": str(tmp_path / "lite.artistic.safetensors")}
    run = config("artistic", steps=1, picture_side=64, style_side=64, **given, **QUICK)
    network = start_network(run)
    compress = start.draft.transform.snet[0].weight
    assert torch.equal(network.draft.compress.weight, compress)
    assert torch.equal(network.draft.stem.weight, start.draft.stem.weight)
    list(train(run, vgg_state))
    trained = load_network(tmp_path / "run" / f"lite.artistic.{transform}.safetensors")
    assert trained.config == ModelConfig(transform=transform, **PAINTING)


def test_a_resumed_run_is_bit_equal_to_an_uninterrupted_one(config, vgg_state, tmp_path):
    reports = list(train(config(checkpoint_every=2), vgg_state))
    whole = load_network(tmp_path / "run" / "lite.photo.safetensors").state_dict()
    part = train(config(output_dir=str(tmp_path / "part"), checkpoint_every=2), vgg_state)
    for report in part:
        if report.step == 2:
            break
    part.close()
    checkpoint = tmp_path / "part" / "checkpoint.pt"
    rest = list(train(config(output_dir=str(tmp_path / "part"), resume=str(checkpoint)), vgg_state))
    assert [r.step for r in rest] == [3, 4]
    assert [r.losses for r in rest] == [r.losses for r in reports[2:]]
    resumed = load_network(tmp_path / "part" / "lite.photo.safetensors").state_dict()
    assert all(torch.equal(resumed[k], v) for k, v in whole.items())
    with (tmp_path / "part" / "metrics.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == list("1234")


def test_a_run_leaves_curves_samples_and_metrics(config, vgg_state, tmp_path):
    list(train(config(steps=2, sample_every=1, **QUICK), vgg_state))
    folder = tmp_path / "run"
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert {"metrics.csv", "losses.png", "checkpoint.pt", "samples/000001.png"} <= names
    assert not [name for name in names if name.endswith(".part")]
    with Image.open(folder / "samples/000002.png") as sheet:
        assert sheet.size == (7 * 68, 5 * 68)


def test_what_is_exported_is_the_running_mean_of_the_weights(config, vgg_state, tmp_path):
    trained = {}
    for ema in (0.0, 0.5):
        folder = tmp_path / str(ema)
        list(train(config(steps=2, ema=ema, output_dir=str(folder), **QUICK), vgg_state))
        last = torch.load(folder / "checkpoint.pt", weights_only=True)["model"]
        exported = load_network(folder / "lite.photo.safetensors").state_dict()
        assert trained.setdefault("last", last).keys() == last.keys()
        assert all(torch.equal(last[k], v) for k, v in trained["last"].items())  # the same run
        same = all(torch.equal(last[f"network.{k}"], v) for k, v in exported.items())
        assert same == (ema == 0)


def test_stopping_early_saves_a_checkpoint(config, vgg_state, tmp_path):
    run = train(config(steps=50, **QUICK), vgg_state)
    next(run)
    run.close()
    assert (tmp_path / "run" / "checkpoint.pt").is_file()


def test_resuming_with_other_settings_is_refused(config, vgg_state, tmp_path):
    list(train(config(steps=1, **QUICK), vgg_state))
    checkpoint = str(tmp_path / "run" / "checkpoint.pt")
    for change, words in (
        ({"batch_size": 3}, "batch size 1, not 3"),
        ({"picture_side": 128}, "picture side None, not 128"),
        ({"steps": 1}, "has 1 steps done already"),
    ):
        with pytest.raises(InputError, match=words):
            train(config(resume=checkpoint, **{**QUICK, **change}), vgg_state)


class Evil:
    """A pickle that runs code when it is loaded carelessly."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('loaded unsafely')",))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.pt", None, "is missing"),
        ("empty.pt", b"", "damaged or no PyTorch file"),
        ("text.pt", b"hello", "no PyTorch file"),
        ("evil.pt", pickle.dumps(Evil(), protocol=2), "more than tensors"),
        ("list.pt", [1, 2], "no checkpoint of --train"),
        ("weights.pt", {"a": torch.zeros(1)}, "no checkpoint of --train"),
        ("old.pt", {"model": {}, "config": {}}, "another version of this program"),
        ("lite.photo.safetensors", b"any", "weights alone; start from them with --init"),
    ],
)
def test_what_is_no_checkpoint_is_one_sentence_before_any_picture_is_read(
    config, tmp_path, name, content, words
):
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(InputError, match=words) as error:
        train(config(resume=str(path), content_dir=str(tmp_path / "no such folder")))
    assert "\n" not in str(error.value) and name in str(error.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"output_dir": "file"}, "cannot write into .*file"),
        ({"output_dir": "file/below"}, "cannot write into .*below"),
        ({"init": "none.safetensors"}, "is missing"),
        ({"init": "file"}, "is damaged"),
        ({"vgg": "none.pth"}, "no VGG-19 file"),
        ({"vgg": "file"}, "no PyTorch file"),
        ({"device": "cuda"}, "no GPU was found"),
    ],
)
def test_places_that_cannot_be_used_are_one_sentence_before_any_picture_is_read(
    config, tmp_path, monkeypatch, change, words
):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    (tmp_path / "file").touch()
    change = {k: v if k == "device" else str(tmp_path / v) for k, v in change.items()}
    with pytest.raises(InputError, match=words):
        train(config(content_dir=str(tmp_path / "no such folder"), **change))


def test_never_means_never_and_the_end_is_kept_all_the_same(config, vgg_state, tmp_path):
    run = config(steps=2, checkpoint_every=0, **QUICK)
    list(train(run, vgg_state))
    names = {p.name for p in (tmp_path / "run").iterdir()}
    assert names == {"metrics.csv", "losses.png", "checkpoint.pt", "lite.photo.safetensors"}


def test_a_damaged_log_is_named_when_a_run_goes_on(config, vgg_state, tmp_path):
    list(train(config(steps=1, **QUICK), vgg_state))
    (tmp_path / "run" / "metrics.csv").write_text("step,lr\nx,y\n")
    with pytest.raises(InputError, match="metrics.csv is damaged"):
        train(config(resume=str(tmp_path / "run" / "checkpoint.pt"), **QUICK), vgg_state)


def test_a_checkpoint_of_another_version_is_refused(config, vgg_state, tmp_path):
    list(train(config(steps=1, **QUICK), vgg_state))
    checkpoint = tmp_path / "run" / "checkpoint.pt"
    state = torch.load(checkpoint, weights_only=True)
    del state["model"]["network.decoder.modulation.style.mean"]
    torch.save(state, checkpoint)
    with pytest.raises(InputError, match="another version of this program; start a new run"):
        list(train(config(steps=2, resume=str(checkpoint), **QUICK), vgg_state))


def test_an_exploding_run_stops_with_advice(config, vgg_state):
    with pytest.raises(InputError, match="lower --lr"):
        given = {"steps": 30, "lr": 1.0, "warmup": 0, "clip": float("inf")}
        list(train(config(**given, **QUICK), vgg_state))


def test_the_learning_rate_warms_up_and_decays():
    config = train_config(steps=100, warmup=10, lr=1.0)
    rates = [learning_rate(config, step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1) and rates[10] == pytest.approx(1.0)
    assert rates[10:] == sorted(rates[10:], reverse=True) and rates[-1] < 0.02


@pytest.mark.parametrize(
    ("learn", "other", "picture_side"), [("draft", "revisions", 160), ("revisions", "draft", 320)]
)
def test_the_painter_learns_in_two_stages(config, vgg_state, tmp_path, learn, other, picture_side):
    start = tmp_path / "start.safetensors"
    network = build_network(ModelConfig(**PAINTING))
    save_weights(network, start)
    made = config(
        "artistic", steps=1, crop_size=80, style_side=64, learn=learn, picture_side=picture_side,
        draft_weight=0.0, init=str(start), **QUICK,
    )  # fmt: skip
    before = network.state_dict()
    list(train(made, vgg_state))
    after = load_network(tmp_path / "run" / "lite.artistic.safetensors").state_dict()
    changed = {name for name, x in after.items() if not torch.equal(x, before[name])}
    assert any(name.startswith(learn) for name in changed)
    assert not any(name.startswith(other) for name in changed)


def test_the_weight_of_the_content_follows_its_goal(config, vgg_state, tmp_path):
    start = tmp_path / "start.safetensors"
    save_weights(build_network(ModelConfig(**PAINTING)), start)
    small = {
        "steps": 2, "picture_side": 64, "style_side": 64, "warmup": 0, "init": str(start), **QUICK,
    }  # fmt: skip
    for goal, costs_more in ((0.01, True), (10.0, False)):
        run = config("artistic", content_goal=goal, **small)
        list(train(run, vgg_state))
        state = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["model"]
        weight = state["objective.content_weight"].item()
        assert (weight > run.content_weight) == costs_more
