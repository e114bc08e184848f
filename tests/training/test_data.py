"""Training crops: a function of seed and number alone; bad files are skipped and counted."""

import numpy as np
import pytest
import torch

from ccpl.errors import InputError
from ccpl.training.data import CropStream, batches, embolden


def test_crops_are_repeatable_and_differ_by_number(picture_folder):
    folder = picture_folder("photos")
    one, two = CropStream(folder, 64, seed=3), CropStream(folder, 64, seed=3)
    assert torch.equal(one[7], two[7]) and one[7].shape == (3, 64, 64)
    assert not torch.equal(one[7], one[8])
    assert not torch.equal(one[7], CropStream(folder, 64, seed=4)[7])


def test_pictures_smaller_than_a_crop_are_enlarged(picture_folder):
    assert CropStream(picture_folder("tiny", 2, 20), 64, seed=0)[0].shape == (3, 64, 64)


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
    whole = next(batches(stream, 4))
    halves = [next(batches(stream, 2, start=rank, stride=2)) for rank in (0, 1)]
    assert torch.equal(whole[0::2], halves[0]) and torch.equal(whole[1::2], halves[1])


def test_workers_see_the_same_crops(picture_folder):
    stream = CropStream(picture_folder("photos"), 64, seed=0)
    alone, helped = (next(batches(stream, 3, start=5, workers=n)) for n in (0, 1))
    assert torch.equal(alone, helped)


def test_bold_crops_are_repeatable_and_leave_the_others_alone(picture_folder):
    folder = picture_folder("photos")
    plain = CropStream(folder, 64, seed=0)
    half, again, all_bold = (CropStream(folder, 64, seed=0, bold=b) for b in (0.5, 0.5, 1))
    assert torch.equal(half[3], again[3]) and half[3].shape == (3, 64, 64)
    same = [torch.equal(plain[k], half[k]) for k in range(16)]
    assert any(same) and not all(same)
    assert not any(torch.equal(plain[k], all_bold[k]) for k in range(8))


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
    assert not fresh.cache and np.array_equal(cached[1], fresh[1])
