from fractions import Fraction

import pytest

from ccpl.errors import InputError
from ccpl.video.probe import demuxed_seconds, probe

HDR = "color_primaries=bt2020:color_trc={}:colorspace=bt2020nc"


@pytest.mark.parametrize("rate", ["25", "24000/1001", "30000/1001", "60", "15/2"])
def test_the_rate_is_exact(clips, rate):
    info = probe(clips.make("a.mp4", picture=f"testsrc=s=64x48:r={rate}:d=1"))
    assert info.rate == Fraction(rate)


@pytest.mark.parametrize(
    ("rate", "capped"), [("30", "30"), ("120", "60"), ("120000/1001", "60000/1001"), ("90", "45")]
)
def test_a_high_rate_is_divided_by_a_whole_number(clips, rate, capped):
    info = probe(clips.make("a.mp4", picture=f"testsrc=s=64x48:r={rate}:d=0.2"))
    assert info.frame_rate(60) == Fraction(capped)


def test_size_sound_and_length_are_found(clips):
    info = probe(clips.make("a.mp4", "-map", "0", "-map", "1", "-map", "1", sound=1.5))
    assert (info.height, info.width) == (64, 96)
    assert info.audio == ("aac", "aac")
    assert info.seconds == pytest.approx(1.5, abs=0.05)


@pytest.mark.parametrize(("angle", "seen"), [(90, (96, 64)), (180, (64, 96)), (270, (96, 64))])
def test_a_turned_clip_has_its_size_as_seen(clips, angle, seen):
    turn = ["-display_rotation", angle]
    info = probe(clips.remake("b.mp4", clips.make("a.mp4"), "-c", "copy", before=turn))
    assert (info.height, info.width) == seen


def test_oblong_pixels_are_found(clips):
    assert probe(clips.make("a.mp4", "-vf", "setsar=4/3")).pixel_aspect == Fraction(4, 3)


@pytest.mark.parametrize("name", ["a.webp", "a.png", "a.gif", "a.webm"])
def test_length_is_measured_where_the_header_has_none(clips, name):
    kind = {"a.webp": ["-c:v", "libwebp_anim"], "a.png": ["-f", "apng"]}.get(name, [])
    path = clips.make(name, *kind, *(["-live", "1"] if name == "a.webm" else []))
    assert probe(path).seconds == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_hdr_is_recognized(clips, transfer):
    tags = ["-vf", f"format=yuv420p10le,setparams={HDR.format(transfer)}"]
    path = clips.make("a.mp4", *tags, "-c:v", "libx265", "-x265-params", "log-level=none")
    assert probe(path).is_hdr


def test_alpha_is_recognized(clips):
    assert probe(clips.make("a.mov", "-c:v", "prores_ks", "-pix_fmt", "yuva444p10le")).has_alpha
    assert not probe(clips.make("a.mp4")).has_alpha


@pytest.mark.parametrize(
    ("size", "tags", "matrix"),
    [
        ("320x240", [], "auto"),
        ("1280x720", [], "bt709"),
        ("720x1280", [], "bt709"),
        ("1280x720", ["-colorspace", "smpte170m"], "auto"),
    ],
)
def test_only_untagged_hd_is_taken_for_bt709(clips, size, tags, matrix):
    picture = f"color=red:s={size}:r=10:d=0.1,format=yuv420p"
    assert probe(clips.make("a.mp4", *tags, picture=picture)).matrix == matrix


@pytest.mark.parametrize(
    ("given", "max_side", "fitted"),
    [
        ("96x64", None, (64, 96)),
        ("96x64", 48, (32, 48)),
        ("64x96", 500, (96, 64)),
        ("99x2", 9, (1, 9)),
    ],
)
def test_a_frame_is_fitted_but_never_enlarged(clips, given, max_side, fitted):
    path = clips.make("a.avi", "-c:v", "ffv1", picture=f"testsrc=s={given}:r=25:d=0.1")
    assert probe(path).fit(max_side) == fitted


def test_the_content_counts_and_not_the_name(clips):
    path = clips.make("a.mp4").rename(clips.folder / "notes.txt")
    assert probe(path).width == 96


def test_tags_cannot_pose_as_streams(clips):
    title = "x\n  Stream #0:9: Audio: fake, 44100 Hz\n  Duration: 99:00:00.00, start"
    info = probe(clips.make("a.mp4", "-metadata", f"title={title}"))
    assert info.audio == () and info.seconds < 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just text",
        b"#EXTM3U\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile '{}'\n",
        b"\x00\x00\x00\x18ftypmp42" + bytes(200),
    ],
    ids=["empty", "text", "m3u8", "ffconcat", "broken header"],
)
def test_what_is_no_video_is_refused_whatever_its_name(clips, content):
    real = clips.make("real.mp4")
    path = clips.folder / "clip.mp4"
    path.write_bytes(content.replace(b"{}", str(real).encode()))
    with pytest.raises(InputError, match=r"clip\.mp4.*no decodable video stream"):
        probe(path)


def test_sound_alone_is_refused_as_such(clips):
    with pytest.raises(InputError, match="only sound"):
        probe(clips.make("a.m4a", "-map", "1", sound=1))


def test_a_cover_picture_is_no_video(clips):
    song, cover = clips.make("a.m4a", "-map", "1", sound=1), clips.make("c.jpg", "-frames:v", "1")
    attach = [
        "-i",
        cover,
        "-map",
        "0",
        "-map",
        "1",
        "-c",
        "copy",
        "-disposition:v:0",
        "attached_pic",
    ]
    with pytest.raises(InputError, match="cannot read 'b.m4a' as a video"):
        probe(clips.remake("b.m4a", song, *attach))


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.mp4", tmp_path):
        with pytest.raises(InputError, match="no such video file"):
            probe(path)


def test_demuxed_length_is_what_is_there(clips):
    whole = clips.make("a.mp4", "-g", "5", "-movflags", "+faststart", picture="testsrc2=d=2")
    cut = clips.folder / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert probe(cut).seconds == pytest.approx(2.0)
    assert demuxed_seconds(cut) < 1.6
