import os
import re
import signal
import struct
import subprocess
from fractions import Fraction

import numpy as np
import pytest

from ccpl.errors import InputError
from ccpl.video import VideoWriter, probe
from tests.video.conftest import ffmpeg

FLAT = (200, 60, 40)
RATE = Fraction(25)


def write(path, frames, *, rate=RATE, **options):
    with VideoWriter(path, size=frames.shape[1:3], rate=rate, **options) as writer:
        for frame in frames:
            writer.write(frame)
    return writer


def noise(count=5, height=32, width=48):
    return np.random.default_rng(0).integers(0, 255, (count, height, width, 3), dtype=np.uint8)


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
    write(name, noise(), source=info)
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
        pytest.raises(InputError, match="cannot write /proc/a.mp4"),
        VideoWriter("/proc/a.mp4", size=(32, 48), rate=RATE),
    ):
        pass


SUBTITLES = """1
00:00:01,200 --> 00:00:01,800
Ahoy

2
00:00:03,000 --> 00:00:03,500
Land

"""
CHAPTERS = """;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1000
START=0
END=2000
title=Harbour
[CHAPTER]
TIMEBASE=1/1000
START=2000
END=4000
title=Open sea
"""


@pytest.fixture
def voyage(clips):
    """Makes a clip of four seconds with two subtitles and two chapters."""

    def make(name, codec="copy"):
        for file, text in (("a.srt", SUBTITLES), ("a.txt", CHAPTERS)):
            (clips.folder / file).write_text(text)
        plain = clips.make("plain.mp4", picture="testsrc2=s=96x64:r=25:d=4", sound=4)
        more = ["-i", clips.folder / "a.srt", "-i", clips.folder / "a.txt", "-map", "0"]
        more += ["-map", "1", "-map_metadata", "2", "-map_chapters", "2", "-c", "copy"]
        return clips.remake(name, plain, *more, "-c:s", codec, "-metadata:s:s:0", "language=eng")

    return make


def subtitles(path):
    return ffmpeg("-i", path, "-map", "0:s", "-f", "srt", "-").decode()


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mkv", "srt"), ("b.mkv", "ass"), ("a.mp4", "mov_text")]
)
def test_subtitles_and_chapters_are_kept(voyage, out, describe, name, codec):
    writer = write(out / "a.mp4", noise(100), source=probe(voyage(name, codec)))
    said = describe(out / "a.mp4")
    assert "(eng): Subtitle: mov_text" in said and writer.notes == []
    times = ["00:00:01,200 --> 00:00:01,800", "00:00:03,000 --> 00:00:03,500"]
    lines = [line for line in subtitles(out / "a.mp4").splitlines() if "-->" in line]
    assert lines == times and "Ahoy" in subtitles(out / "a.mp4")
    assert "Chapter #0:1: start 2.000000, end 4.000000" in said and "Open sea" in said
    assert probe(out / "a.mp4").chapters == 2


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
@pytest.mark.parametrize(
    ("start", "shown"),
    [
        (0.5, ["00:00:00,700 --> 00:00:01,300 Ahoy"]),
        (1.5, ["00:00:00,000 --> 00:00:00,300 Ahoy"]),
        (2.5, ["00:00:00,500 --> 00:00:01,000 Land"]),
        (3.6, []),
    ],
)
def test_a_part_has_its_own_subtitles_and_chapters(voyage, out, describe, name, start, shown):
    source = probe(voyage(name, "mov_text" if name == "a.mp4" else "srt"))
    write(out / "a.mp4", noise(34), source=source, start=start, seconds=1.36)
    said = " ".join(subtitles(out / "a.mp4").split("\n"))
    assert [line.strip() for line in re.split(r"(?:^| )\d+ (?=\d\d:)", said)[1:]] == shown
    titles = ["Harbour"] * (start < 2) + ["Open sea"] * (start > 1)
    assert re.findall("Harbour|Open sea", describe(out / "a.mp4")) == titles


def drawn_subtitles(path):
    """A Blu-ray subtitle stream of one empty picture."""
    shown = struct.pack(">HHBHBBBB", 96, 64, 0x10, 0, 0x80, 0, 0, 0)
    segments = ((0x16, shown), (0x80, b""))  # what is shown, and the end of it
    path.write_bytes(
        b"".join(
            b"PG" + struct.pack(">IIBH", 9000, 0, kind, len(data)) + data for kind, data in segments
        )
    )
    return path


def test_subtitles_that_are_pictures_are_named(clips, out):
    plain, drawn = clips.make("plain.mkv"), drawn_subtitles(clips.folder / "a.sup")
    both = ["-i", drawn, "-map", "0", "-map", "1", "-c", "copy"]
    writer = write(out / "a.mp4", noise(), source=probe(clips.remake("a.mkv", plain, *both)))
    assert writer.notes == ["Subtitles that are no text (hdmv_pgs_subtitle) were left out."]
    assert probe(out / "a.mp4").subtitles == ()


def test_a_gif_names_what_it_cannot_hold(voyage, out):
    writer = write(out / "a.gif", noise(), source=probe(voyage("a.mkv", "srt")))
    assert writer.notes == [
        "A GIF has no sound: it was left out.",
        "A GIF has no chapters: they were left out.",
        "A GIF has no subtitles: they were left out.",
    ]
