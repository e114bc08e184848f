import os
from fractions import Fraction

import numpy as np
import pytest

from ccpl.video import VideoReader, probe

FLAT = (200, 60, 40)
RATE = Fraction(25)


def read(path, **options):
    with VideoReader(probe(path), **options) as reader:
        return np.stack(list(reader))


def noise(count=5, height=32, width=48):
    return np.random.default_rng(0).integers(0, 255, (count, height, width, 3), dtype=np.uint8)


def test_frames_come_as_they_were_stored(clips):
    frames = noise()
    assert np.array_equal(read(clips.of_frames("a.mkv", frames)), frames)


def test_frames_are_scaled_on_request(clips):
    assert read(clips.make("a.mp4"), size=(32, 48)).shape == (25, 32, 48, 3)


def test_a_part_begins_and_ends_at_its_seconds(clips, levels):
    path = clips.of_frames("a.mkv", levels(*range(0, 200, 4)))
    part = read(path, start=0.4, seconds=0.2)
    assert part[:, 0, 0, 0].tolist() == [40, 44, 48, 52, 56]


def test_a_lower_rate_drops_frames_in_time(clips, levels):
    path = clips.of_frames("a.mkv", levels(*range(0, 200, 4)))
    assert read(path, rate=RATE / 5).shape[0] == 10


def test_a_turned_clip_comes_upright(clips, levels):
    frames = levels(0, 0, 0)
    frames[:, :8, :8] = 255  # top left
    flat = clips.of_frames("a.mp4", frames, "-pix_fmt", "yuv420p")
    turned = clips.remake("b.mp4", flat, "-c", "copy", before=["-display_rotation", 90])
    seen = read(turned)
    assert seen.shape == (3, 48, 32, 3)
    assert seen[0, -4, 4, 0] > 240  # a quarter turn to the left: now bottom left


def test_transparent_pixels_are_shown_on_white(clips):
    half = "color=blue@0.0:s=64x48:r=10:d=0.3,format=yuva444p10le"
    frames = read(clips.make("a.mov", "-c:v", "prores_ks", picture=half))
    assert frames.min() > 250


def test_opaque_pixels_of_a_clip_with_alpha_keep_their_colour(clips):
    solid = "color=0xC83C28@1.0:s=64x48:r=10:d=0.3,format=yuva444p10le"
    frames = read(clips.make("a.mov", "-c:v", "prores_ks", picture=solid))
    assert np.abs(frames.astype(int) - FLAT).max() <= 3


def test_hdr_white_is_brought_down_to_sdr(clips):
    tags = "color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    picture = "color=0x949494:s=64x48:r=10:d=0.3,format=yuv420p10le"  # PQ 58 %: about 203 nits
    args = [
        "-vf",
        f"setparams={tags}",
        "-c:v",
        "libx265",
        "-x265-params",
        "lossless=1:log-level=none",
    ]
    frame = read(clips.make("a.mp4", *args, picture=picture))[0].astype(int)
    assert np.ptp(frame.mean(axis=(0, 1))) < 8  # stays grey
    assert 150 < frame.mean() < 250


def test_a_broken_clip_is_read_as_far_as_it_goes(clips):
    whole = clips.make("a.mp4", "-g", "5", "-movflags", "+faststart", picture="testsrc2=d=2")
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with VideoReader(probe(whole)) as reader:
        frames = list(reader)
    assert 5 < len(frames) == reader.count < 45
    assert reader.damage


def test_a_sound_clip_has_no_damage(clips):
    with VideoReader(probe(clips.make("a.mp4"))) as reader:
        assert len(list(reader)) == 25
    assert reader.damage is None


def test_leaving_early_ends_the_decoder(clips, processes):
    path = clips.make("a.mp4", picture="testsrc2=d=9")
    with VideoReader(probe(path)) as reader:
        next(iter(reader))
    with pytest.raises(ProcessLookupError):
        os.kill(processes[0].pid, 0)
