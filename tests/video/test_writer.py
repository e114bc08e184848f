import os
import signal
import subprocess
from fractions import Fraction

import numpy as np
import pytest

from ccpl.errors import InputError
from ccpl.video.io import VideoReader, VideoWriter
from ccpl.video.probe import probe

FLAT = (200, 60, 40)
RATE = Fraction(25)


def read(path, **options):
    with VideoReader(probe(path), **options) as reader:
        return np.stack(list(reader))


def write(path, frames, *, rate=RATE, **options):
    with VideoWriter(path, size=frames.shape[1:3], rate=rate, **options) as writer:
        for frame in frames:
            writer.write(frame)
    return writer


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


@pytest.mark.parametrize("rate", ["25", "24000/1001", "30000/1001", "60", "15/2"])
def test_rate_and_length_of_an_mp4_are_exact(out, timing, rate):
    write(out / "a.mp4", noise(30), rate=Fraction(rate))
    written, seconds = timing(out / "a.mp4")
    assert written == Fraction(rate)
    assert seconds == pytest.approx(30 / float(written), abs=0.011)


@pytest.mark.parametrize(("height", "width"), [(64, 48), (33, 48), (64, 47), (17, 9), (1, 1)])
def test_odd_sides_get_one_more_line_like_the_last(out, decode, height, width):
    frames = np.full((3, height, width, 3), FLAT, np.uint8)
    write(out / "a.mp4", frames, crf=1)
    seen = decode(out / "a.mp4").astype(int)
    assert seen.shape == (3, height + height % 2, width + width % 2, 3)
    assert np.abs(seen - FLAT).max() <= 3


def test_an_mp4_is_what_browsers_play(out, describe):
    write(out / "a.mp4", noise())
    said = describe(out / "a.mp4")
    assert "h264 (High)" in said and "yuv420p(tv, bt709, progressive)" in said
    data = (out / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_a_gif_keeps_frames_time_and_colours(out, decode, timing):
    frames = np.full((20, 33, 47, 3), FLAT, np.uint8)
    frames += np.arange(20, dtype=np.uint8)[:, None, None, None]
    write(out / "a.gif", frames, rate=Fraction(10))
    seen = decode(out / "a.gif").astype(int)
    assert seen.shape == (20, 33, 47, 3)
    assert np.abs(seen[0] - FLAT).max() <= 3
    assert timing(out / "a.gif") == (10, 2.0)


def test_oblong_pixels_stay_oblong(clips, out):
    source = probe(clips.make("a.mp4", "-vf", "setsar=4/3"))
    write(out / "a.mp4", noise(3, 64, 96), source=source)
    assert probe(out / "a.mp4").pixel_aspect == Fraction(4, 3)


@pytest.mark.parametrize("codec", ["aac", "libmp3lame", "libopus", "flac"])
def test_sound_is_copied_bit_for_bit(clips, out, packets, codec):
    path = clips.make("a.mkv", "-c:a", codec, "-strict", "-2", sound=1)
    writer = write(out / "a.mp4", noise(25), source=probe(path))
    assert packets(out / "a.mp4") == packets(path)
    assert writer.notes == []


@pytest.mark.parametrize("codec", ["alac", "libvorbis", "ac3"])
def test_sound_browsers_may_not_play_is_copied_too_and_said(clips, out, packets, codec):
    path = clips.make("a.mkv", "-c:a", codec, sound=1)
    writer = write(out / "a.mp4", noise(25), source=probe(path))
    assert packets(out / "a.mp4") == packets(path)
    assert len(writer.notes) == 1 and "not every browser plays" in writer.notes[0]


def test_uncompressed_sound_stays_uncompressed(clips, out):
    path = clips.make("a.mkv", "-c:a", "pcm_s16le", sound=1)
    write(out / "a.mp4", noise(25), source=probe(path))
    assert probe(out / "a.mp4").audio == ("pcm_s16le",)


def test_sound_the_container_refuses_is_converted_and_said(clips, out):
    path = clips.make("a.mkv", "-c:a", "wmav2", sound=1)
    writer = write(out / "a.mp4", noise(25), source=probe(path))
    assert probe(out / "a.mp4").audio == ("aac",)
    assert len(writer.notes) == 1 and "converted" in writer.notes[0]


def test_each_sound_track_is_kept(clips, out):
    path = clips.make("a.mkv", "-map", "0", "-map", "1", "-map", "1", "-c:a:0", "ac3",
                      "-c:a:1", "aac", sound=1)  # fmt: skip
    write(out / "a.mp4", noise(25), source=probe(path))
    assert probe(out / "a.mp4").audio == ("ac3", "aac")


def test_sound_longer_than_the_picture_is_not_cut(clips, out, timing):
    path = clips.make("a.mp4", sound=2)
    write(out / "a.mp4", noise(25), source=probe(path))
    assert timing(out / "a.mp4")[1] == pytest.approx(2.0, abs=0.05)


def test_only_the_sound_of_the_part_is_taken(clips, out, timing):
    path = clips.make("a.mp4", picture="testsrc2=s=96x64:r=25:d=4", sound=4)
    write(out / "a.mp4", noise(25), source=probe(path), start=1.0, seconds=1.0)
    assert timing(out / "a.mp4")[1] == pytest.approx(1.0, abs=0.05)


def test_a_gif_leaves_the_sound_out_and_says_so(clips, out):
    writer = write(out / "a.gif", noise(), source=probe(clips.make("a.mp4", sound=1)))
    assert writer.notes == ["A GIF has no sound: it was left out."]


def test_the_title_stays_and_the_location_goes(clips, out, describe):
    tags = ["-metadata", "title=Harbour", "-metadata", "location=+48.8577+002.2950/"]
    path = clips.make("a.mov", *tags)
    assert "48.8577" in describe(path)
    write(out / "a.mp4", noise(), source=probe(path))
    assert "Harbour" in describe(out / "a.mp4")
    assert b"48.8577" not in (out / "a.mp4").read_bytes()


@pytest.mark.parametrize(
    "name", ["ünï çødé 漢字.mp4", "-dash.mp4", "a:b%03d.mp4", "two  spaces'.mp4"]
)
def test_any_name_works_on_both_sides(clips, out, monkeypatch, name):
    monkeypatch.chdir(clips.folder)
    clips.make("plain.mp4", sound=1).rename(clips.folder / name)
    info = probe(name)
    monkeypatch.chdir(out)
    write(name, read(clips.folder / name), source=info)
    assert probe(out / name).audio == ("aac",)


def test_a_failing_block_leaves_the_old_file_and_no_other(out, names):
    (out / "a.mp4").write_bytes(b"old")
    with (
        pytest.raises(RuntimeError),
        VideoWriter(out / "a.mp4", size=(32, 48), rate=RATE) as writer,
    ):
        writer.write(noise()[0])
        raise RuntimeError
    assert names(out) == ["a.mp4"]
    assert (out / "a.mp4").read_bytes() == b"old"


def test_no_frames_make_no_file(out, names):
    with pytest.raises(InputError, match="could not write 'a.mp4'"):
        write(out / "a.mp4", noise()[:0])
    assert names(out) == []


def test_a_killed_encoder_is_reported_and_leaves_nothing(out, names, processes):
    with (
        pytest.raises(InputError, match="ended by SIGKILL"),
        VideoWriter(out / "a.mp4", size=(32, 48), rate=RATE) as writer,
    ):
        os.kill(processes[0].pid, signal.SIGKILL)
        while True:
            writer.write(noise()[0])
    assert names(out) == []


@pytest.fixture
def tiny_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("name", ["a.mp4", "a.gif"])
def test_a_full_disk_is_reported_and_leaves_nothing(tiny_disk, names, name):
    with pytest.raises(InputError, match="disk is full"):
        write(tiny_disk / name, noise(60, 96, 128))
    assert names(tiny_disk) == []


@pytest.mark.parametrize("name", ["a.avi", "a", "none/a.mp4", "folder.mp4", "file.mp4/a.mp4"])
def test_targets_that_cannot_be_are_refused(out, name):
    (out / "folder.mp4").mkdir()
    (out / "file.mp4").touch()
    with pytest.raises(InputError, match="cannot write"):
        VideoWriter(out / name, size=(32, 48), rate=RATE)


def test_a_folder_without_write_access_is_refused():
    with (
        pytest.raises(InputError, match="cannot write into '/proc'"),
        VideoWriter("/proc/a.mp4", size=(32, 48), rate=RATE),
    ):
        pass
