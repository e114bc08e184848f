"""Training crops: a function of seed and number alone; bad files are skipped and counted."""

import numpy as np
import pytest
import torch
from PIL import Image

from ccpl.errors import InputError
from ccpl.training.config import train_config
from ccpl.training.data import CropStream, Pairs, batches, embolden


def crops(folder, size, **options):
    """A function k -> crop."""
    stream = CropStream(folder, size, **{"seed": 0, **options})
    return lambda k: stream[k].crop


def test_crops_are_repeatable_and_differ_by_number(picture_folder):
    folder = picture_folder("photos")
    one, two, other = (crops(folder, 64, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(one(7), two(7)) and one(7).shape == (3, 64, 64)
    assert not torch.equal(one(7), one(8))
    assert not torch.equal(one(7), other(7))


def test_pictures_smaller_than_a_crop_are_enlarged(picture_folder):
    assert crops(picture_folder("tiny", 2, 20), 64)(0).shape == (3, 64, 64)


def test_corrupt_pictures_are_skipped_and_counted(picture_folder):
    folder = picture_folder("photos", 3)
    (folder / "broken.png").write_bytes(b"not a picture")
    stream = CropStream(folder, 64, seed=0)
    assert (stream.skipped, len(stream.paths)) == (1, 3)


def test_a_folder_without_pictures_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no readable picture"):
        CropStream(tmp_path, 64, seed=0)
    with pytest.raises(InputError, match="not a folder"):
        CropStream(tmp_path / "missing", 64, seed=0)


def test_processes_share_the_stream_without_overlap(picture_folder):
    stream = CropStream(picture_folder("photos"), 64, seed=0)
    whole = next(batches(stream, 4)).crop
    halves = [next(batches(stream, 2, start=rank, stride=2)).crop for rank in (0, 1)]
    assert torch.equal(whole[0::2], halves[0]) and torch.equal(whole[1::2], halves[1])


def test_workers_see_the_same_crops(picture_folder):
    stream = CropStream(picture_folder("photos"), 64, seed=0)
    alone, helped = (next(batches(stream, 3, start=5, workers=n)).crop for n in (0, 1))
    assert torch.equal(alone, helped)


def test_bold_crops_are_repeatable_and_leave_the_others_alone(picture_folder):
    folder = picture_folder("photos")
    plain = crops(folder, 64)
    half, again, all_bold = (crops(folder, 64, bold=b) for b in (0.5, 0.5, 1))
    assert torch.equal(half(3), again(3)) and half(3).shape == (3, 64, 64)
    same = [torch.equal(plain(k), half(k)) for k in range(16)]
    assert any(same) and not all(same)
    assert not any(torch.equal(plain(k), all_bold(k)) for k in range(8))


def test_bold_means_more_contrast_and_within_range():
    soft = np.full((32, 32, 3), (90, 110, 130), np.uint8)
    soft[8:24, 8:24] = (130, 120, 100)
    for seed in range(8):
        bold = embolden(soft, np.random.default_rng(seed))
        assert bold.dtype == np.uint8 and bold.shape == soft.shape
        assert bold.std((0, 1)).sum() > soft.std((0, 1)).sum()


def test_pictures_beyond_the_cache_are_read_again(picture_folder, monkeypatch):
    folder = picture_folder("photos")
    cached = CropStream(folder, 64, seed=0)
    monkeypatch.setattr("ccpl.training.data.CACHE_BYTES", 0)
    fresh = CropStream(folder, 64, seed=0)
    assert not fresh.cache and torch.equal(cached[1].crop, fresh[1].crop)


def ramp(folder, *sides):
    """A folder of one square picture for each side, red rising from left to right by 0 .. 255."""
    folder.mkdir()
    for side in sides:
        row = np.linspace(0, 255, side).round().astype(np.uint8)
        pixels = np.zeros((side, side, 3), np.uint8)
        pixels[..., 0] = row
        Image.fromarray(pixels).save(folder / f"{side}.png")
    return folder


def share(crop):
    """The share of a ramp that a crop shows."""
    return (crop[0].amax() - crop[0].amin()).item() / 255


@pytest.mark.parametrize("side", [96, 256, 700])
def test_at_a_picture_side_a_crop_shows_the_same_share_of_any_picture(tmp_path, side):
    crop = crops(ramp(tmp_path / "a", side), 64, picture_side=256)
    assert [share(crop(k)) for k in range(4)] == pytest.approx([0.25] * 4, abs=0.02)


def test_without_one_crops_of_large_pictures_show_half_to_all_of_them(tmp_path):
    crop = crops(ramp(tmp_path / "a", 700), 64)
    shares = [share(crop(k)) for k in range(64)]
    assert min(shares) == pytest.approx(0.5, abs=0.03)
    assert max(shares) == pytest.approx(1, abs=0.03)


def test_zoom_out_is_the_largest_share_over_the_least(tmp_path):
    crop = crops(ramp(tmp_path / "a", 256), 64, picture_side=256, zoom_out=2)
    shares = [share(crop(k)) for k in range(64)]
    assert min(shares) == pytest.approx(0.25, abs=0.02)
    assert max(shares) == pytest.approx(0.5, abs=0.02)


def test_enlarged_pictures_are_counted_in_a_warning(tmp_path, caplog):
    CropStream(ramp(tmp_path / "a", 96, 256, 300), 64, seed=0, picture_side=256)
    assert "1 of 3 pictures" in caplog.text and "smaller than 256 pixels" in caplog.text


@pytest.mark.parametrize("bold", [0, 1])
def test_a_view_is_the_square_that_holds_the_crop_and_looks_like_it(picture_folder, bold):
    folder = picture_folder("paintings", 1, 200)
    options = {"seed": 0, "bold": bold, "picture_side": 200}
    stream = CropStream(folder, 96, view_side=100, **options)
    crop = crops(folder, 96, **options)
    for k in range(6):
        item = stream[k]
        assert torch.equal(item.crop, crop(k))  # the view changes nothing
        assert item.picture.shape == (3, 100, 100)
        if not bold:  # half as large, the crop is found in the view
            small = torch.nn.functional.avg_pool2d(item.crop.float(), 2)
            places = item.picture.float().unfold(1, 48, 1).unfold(2, 48, 1)
            gaps = (places - small[:, None, None]).abs().mean((0, 3, 4))
            assert gaps.min() < 0.4 * gaps.mean()
    assert torch.equal(CropStream(folder, 96, **options)[0].picture, crop(0))


def test_transparent_pictures_are_seen_on_white_and_invisible_ones_skipped(tmp_path):
    pixels = np.full((64, 64, 4), (200, 0, 0, 0), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "invisible.png")
    pixels[:, :32, 3] = 255
    Image.fromarray(pixels).save(tmp_path / "half.png")
    stream = CropStream(tmp_path, 64, seed=0)
    assert stream.skipped == 1
    colours = {tuple(c) for c in stream[0].crop.flatten(1).mT.tolist()}
    assert colours == {(200, 0, 0), (255, 255, 255)}


def test_pairs_are_batches_by_step_and_samples_are_always_the_same(picture_folder):
    config = train_config(
        content_dir=str(picture_folder("photos")),
        style_dir=str(picture_folder("paintings")),
        crop_size=64,
        picture_side=64,
        style_scales=(1.0,),
        ccp_scales=(1.0,),
        style_side=72,
    )
    pairs, again = (Pairs(config, torch.device("cpu")) for _ in range(2))
    stream = pairs.batches(0)
    first, second = next(stream), next(stream)
    assert [x.shape[1:] for x in first] == [(3, 64, 64), (3, 64, 64), (3, 72, 72)]
    assert all(x.min() >= 0 and x.max() <= 1 and x.dtype == torch.float32 for x in first)
    for one, other in zip(second, next(again.batches(1)), strict=True):
        assert torch.equal(one, other)
    samples = pairs.samples()
    assert samples.styles.shape == (6, 3, 64, 64) and samples.style_pictures.shape[2] == 72
    assert torch.equal(samples.contents, again.samples().contents)
