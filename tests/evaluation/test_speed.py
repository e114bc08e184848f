import json
import os
from mmap import mmap

import pytest
import torch

from ccpl.config import ModelConfig
from ccpl.device import cpu_quota
from ccpl.errors import InputError
from ccpl.evaluation import cases
from ccpl.evaluation.cases import Case, count_gflop, network_stages, picture
from ccpl.evaluation.machine import describe_machine, peak_memory, reset_peak_memory
from ccpl.evaluation.readme import update_readme
from ccpl.evaluation.speed import BenchConfig, bench, summarise
from ccpl.files.weights import save_weights
from ccpl.models import build_network
from ccpl.painting.stylizer import Stylizer
from tests.conftest import NARROW


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setattr(cases, "PEAK_SIDE", 64)
    torch.manual_seed(0)
    save_weights(build_network(ModelConfig(**NARROW)), tmp_path / "lite.artistic.safetensors")
    (tmp_path / "README.md").write_text("<!-- speed -->\n<!-- /speed -->\n")
    return BenchConfig(
        sizes=(32,),
        threads=1,
        rounds=2,
        batch_size=2,
        frames=3,
        frame_size=(32, 48),
        weights_dir=str(tmp_path),
        output=str(tmp_path / "bench.json"),
        readme=str(tmp_path / "README.md"),
    )


def test_bench_times_every_way_and_writes_its_files(config, tmp_path, caplog, capfd):
    before = torch.get_num_threads()
    *rounds, last = bench(config)
    assert caplog.messages == [] and capfd.readouterr() == ("", "")  # libraries say nothing
    assert [r.done for r in rounds] == [1, 2]
    assert torch.get_num_threads() == before
    result = json.loads((tmp_path / "bench.json").read_text())
    names = [row["case"] for row in result["timings"]]
    assert names == [
        "matrix multiply",
        "dense convolution",
        "network 32x32",
        "batch of 2, 32x32",
        "picture 32x32",
        "clip: decode",
        "clip: network",
        "clip: encode",
        "video 48x32, end to end",
        "video 48x32, one LUT, end to end",
        "video 48x32, one LUT, ffmpeg alone",
        "camera 48x32",
        "conversion of a frame, both ways",
        "onnxruntime, 32x32",
        "onnxruntime, int8, 32x32",
        "OpenVINO, 32x32",
        "OpenVINO, int8, 32x32",
        *(["OpenVINO, bfloat16, 32x32"] if "bfloat16" in last.table else []),
    ]
    decibels = {row["case"]: row["psnr"] for row in result["timings"] if row["psnr"]}
    assert list(decibels) == names[13:]
    assert decibels["onnxruntime, 32x32"] > 60 and decibels["OpenVINO, 32x32"] > 60
    assert result["busiest"]["video"] in ("decode", "network", "encode")
    assert result["busiest"]["network"] in result["stages"]
    assert result["machine"]["threads"] == 1
    assert "network 32x32" in last.table and "busiest stage of the network" in last.table
    table = [line for line in (tmp_path / "README.md").read_text().splitlines() if "|" in line]
    assert [line.split("|")[1].split()[0] for line in table[2:]] == [
        "network", "picture", "video", "video", "video", "camera",
    ]  # fmt: skip


def test_summary_has_quantiles_rate_and_share_of_the_peak():
    case = Case("x", lambda: None, gflop=2.0)
    row = summarise(case, [0.01, 0.02, 0.03], peak=400.0, memory=None)
    assert (row["ms_min"], row["ms_median"], row["ms_p95"]) == pytest.approx((10, 20, 29))
    assert row["fps"] == pytest.approx(50)
    assert row["peak_share"] == pytest.approx(0.5)
    assert summarise(Case("y", lambda: None), [0.01], 400.0, 5.0)["peak_share"] is None


def test_work_grows_with_the_number_of_pixels():
    stylizer = Stylizer(build_network(ModelConfig(mode="photo")))
    work = [count_gflop(stylizer, torch.rand(1, 3, s, s)) for s in (64, 128, 256)]
    assert work[0] > 0
    # A constant part changes the kernels for the style, whatever the size of the picture.
    assert work[2] - work[1] == pytest.approx(4 * (work[1] - work[0]), rel=0.01)


def test_stages_cover_the_parts_of_the_network_and_leave_no_hooks():
    stylizer = Stylizer(build_network(ModelConfig(**NARROW)))
    stages = network_stages(stylizer, picture(512))
    assert {"draft.stem", "draft.decoder_blocks", "revisions.grain", "rest"} <= set(stages)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in stylizer.network.modules())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rounds": 0}, "rounds must be at least 1"),
        ({"sizes": ()}, "sizes must be one or more"),
        ({"sizes": (8,)}, "at least 16"),
        ({"frame_size": (64,)}, "height and width"),
        ({"mode": "art"}, "artistic, photo, perceptual"),
    ],
)
def test_bad_options_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        BenchConfig(**given)


def test_machine_is_described_with_versions():
    machine = describe_machine()
    assert machine.torch == torch.__version__
    assert (machine.cpus, machine.threads) == (cpu_quota(), torch.get_num_threads())
    assert machine.cpu
    assert machine.cpu in machine.title or machine.gpu in machine.title


@pytest.mark.skipif(
    not (torch.cuda.is_available() or os.access("/proc/self/clear_refs", os.W_OK)),
    reason="here the peak cannot be reset",
)
def test_peak_memory_counts_what_was_freed_until_it_is_reset():
    device = "cuda" if torch.cuda.is_available() else "cpu"
    reset_peak_memory()
    before = peak_memory()
    if device == "cuda":
        torch.ones(128 << 20, dtype=torch.uint8, device=device)
    else:  # not from the allocator: it may hand out what this process holds already
        with mmap(-1, 128 << 20) as fresh:
            for _ in range(128):
                fresh.write(bytes(1 << 20))
    peak = peak_memory()
    assert peak - before == pytest.approx(128, abs=8)
    reset_peak_memory()
    assert peak - peak_memory() == pytest.approx(128, abs=8)


def test_readme_without_markers_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("nothing here")
    with pytest.raises(InputError, match="<!-- speed -->"):
        update_readme(path, "speed", "text")
    assert path.read_text() == "nothing here"
