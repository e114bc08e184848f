"""Files are whole or not there: what goes wrong on the way leaves the old file and nothing else."""

import os
import stat

import pytest

from ccpl.atomic import (
    atomic_path,
    check_folder,
    check_place,
    part_path,
    remove_parts,
    write_atomically,
)
from ccpl.errors import InputError


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_missing_folders_are_made_and_the_file_has_the_users_permissions(tmp_path):
    target = tmp_path / "new" / "file"
    before = os.umask(0o027)
    try:
        write_atomically(target, b"data")
    finally:
        os.umask(before)
    assert target.read_bytes() == b"data"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert names(target.parent) == ["file"]


@pytest.mark.parametrize("error", [TypeError, KeyboardInterrupt])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, error):
    target = tmp_path / "file"
    write_atomically(target, b"old")
    with pytest.raises(error), atomic_path(target) as part:
        part.write_bytes(b"half")
        raise error
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("target", ["file/below", "folder"])
def test_a_place_that_cannot_be_written_to_is_named(tmp_path, target):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=f"cannot write .*{target}: "):
        write_atomically(tmp_path / target, b"data")
    assert names(tmp_path) == ["file", "folder"]


def test_an_error_of_the_system_while_writing_becomes_a_sentence(tmp_path):
    with (
        pytest.raises(InputError, match="cannot write .*file: No space left"),
        atomic_path(tmp_path / "file"),
    ):
        raise OSError(28, "No space left on device")
    assert not names(tmp_path)


def test_what_a_killed_process_left_of_a_file_is_removed_and_nothing_else(tmp_path):
    target, other = tmp_path / "ä file.mp4", tmp_path / "other.mp4"
    part_of_other = part_path(other)
    for path in (part_path(target), part_path(target), part_of_other, target):
        path.touch()
    remove_parts([target, tmp_path / "none" / "file"])
    assert names(tmp_path) == sorted([part_of_other.name, target.name])


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("folder", "it is a folder"),
        ("pipe", "it is no plain file"),
        ("file/below", "file is no folder"),
        ("astray/below", "astray is no folder"),
        (300 * "x" + "/below", "too long"),
    ],
)
def test_a_place_is_known_to_be_none_before_there_is_anything_to_write(tmp_path, target, words):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "astray").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    before = names(tmp_path)
    with pytest.raises(InputError, match=f"cannot write .*{words}; choose another"):
        check_place(tmp_path / target)
    assert names(tmp_path) == before


def test_a_folder_is_tried_and_not_made(tmp_path):
    for place in (tmp_path / "new" / "deep", tmp_path):
        check_folder(place)
        check_place(place / "file")
    assert names(tmp_path) == []
    with pytest.raises(InputError, match="cannot write into /proc/x: .*; choose another folder"):
        check_folder("/proc/x")
