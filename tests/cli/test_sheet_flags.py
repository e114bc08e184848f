"""--contact-sheet refuses what a sheet cannot be made of, before anything is painted."""

import pytest
from PIL import Image

from ccpl.cli.flags import Parser
from ccpl.cli.sheet import define_sheet, write_sheet
from ccpl.errors import InputError


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ("a.png --output sheet.gif", "cannot write 'sheet.gif'; end the name in"),
        ("a.png --output sheet", "end the name in"),
        ("a.mp4 --at nan --output s.png", "--at must be a second of the clip"),
        ("a.mp4 --at inf --output s.png", "--at must be a second of the clip"),
        ("a.mp4 --at -1 --output s.png", "0 or later, got -1"),
        ("a.png --at 1 --output s.png", "--at and --input-transform are for clips"),
        ("a.png --tuned rain --output s.png", "leave out --tuned"),
    ],
)
def test_what_no_sheet_is_made_of_is_refused(tmp_path, monkeypatch, args, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "looks").mkdir()
    for name in ("a.png", "looks/b.png"):
        Image.new("RGB", (8, 8), "teal").save(name)
    (tmp_path / "a.mp4").write_bytes(b"never opened")
    parser = Parser(prog="app.py")
    define_sheet(parser)
    with pytest.raises(InputError) as error:
        write_sheet(parser.parse_args([*args.split(), "--style", "looks"]))
    assert words in str(error.value)
