"""Our clips in another reader, PyAV: what an editor finds in them."""

import av
import numpy as np
import pytest

from ccpl.config import VideoConfig
from ccpl.video import stylize_video

KINDS = [
    ("a.mov", "prores", None, "prores", "HQ", "yuv422p10le"),
    ("a.mov", "dnxhr", None, "dnxhd", "DNXHR HQ", "yuv422p"),
    ("a.mov", "dnxhr", "10", "dnxhd", "DNXHR HQX", "yuv422p10le"),
    ("a.mp4", "hevc", "10", "hevc", "Main 10", "yuv420p10le"),
    ("a.mkv", "h264", "10", "h264", "High 10", "yuv420p10le"),
]
REC709 = 1  # its number for matrix, primaries and transfer (ITU-T H.273)


@pytest.mark.parametrize(("name", "codec", "bits", "found", "profile", "pixels"), KINDS)
def test_pyav_reads_every_frame_its_bits_colours_sound_and_timecode(
    clips, out, name, codec, bits, found, profile, pixels
):
    src = clips.make(
        "in.mov", "-timecode", "01:00:00:00", "-c:v", "mpeg4", "-q:v", "1",
        picture="testsrc2=s=256x120:r=25:d=0.4", sound=0.4,
    )  # fmt: skip
    config = VideoConfig(codec=codec, bits=bits)
    for _ in stylize_video(src, out / name, lambda frames, *_: 1 - frames, config=config):
        pass
    with av.open(str(src)) as before, av.open(str(out / name)) as after:
        stream = after.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.profile, context.pix_fmt) == (found, profile, pixels)
        assert (context.width, context.height, stream.average_rate) == (256, 120, 25)
        tags = {int(context.colorspace), int(context.color_primaries), int(context.color_trc)}
        assert tags == {REC709} and len(after.streams.audio) == 1
        if name != "a.mp4":
            texts = {**after.metadata, **stream.metadata}
            assert {key.lower(): text for key, text in texts.items()}["timecode"] == "01:00:00:00"
        pairs = list(zip(before.decode(video=0), after.decode(video=0), strict=True))
        assert len(pairs) == 10
        for first, second in pairs:
            assert second.time == pytest.approx(first.time, abs=1e-3)
            both = [frame.to_ndarray(format="gray").astype(int) for frame in (first, second)]
            assert np.abs(both[0] + both[1] - 255).mean() < 12
