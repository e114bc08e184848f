"""The folder of a run: rows of metrics survive reopening, also when the terms change."""

import csv

import pytest

from ccpl.errors import InputError
from ccpl.training.runlog import RunFolder


def read(folder):
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def reopen(tmp_path):
    """A function (step) -> the folder, as a run that goes on from there opens it."""
    return lambda step=0: RunFolder(tmp_path / "run", tmp_path / "weights", step=step)


def test_rows_after_the_step_are_dropped_and_the_rest_goes_on(reopen, tmp_path):
    first = reopen()
    for step in (1, 2, 3):
        first.add(step, 0.1, {"style": step / 2})
    again = reopen(2)
    again.add(3, 0.2, {"style": 9.0})
    rows = read(tmp_path / "run")
    assert [(row["step"], row["style"]) for row in rows] == [
        ("1", "0.5"),
        ("2", "1.0"),
        ("3", "9.0"),
    ]


def test_terms_may_come_and_go_when_a_run_goes_on(reopen, tmp_path):
    reopen().add(1, 0.1, {"style": 1.0, "total": 1.0})
    again = reopen(1)
    again.add(2, 0.1, {"ccp": 2.0, "total": 2.0})
    again.add(3, 0.1, {"ccp": 3.0, "total": 3.0})
    last = reopen(3)
    last.add(4, 0.1, {"ccp": 4.0, "total": 4.0})
    rows = read(tmp_path / "run")
    assert [row["style"] for row in rows] == ["1.0", "", "", ""]
    assert [row["ccp"] for row in rows] == ["", "2.0", "3.0", "4.0"]
    assert [row["total"] for row in rows] == ["1.0", "2.0", "3.0", "4.0"]
    assert last.draw_curves().is_file()


def test_a_new_run_does_not_go_on_with_old_rows(reopen, tmp_path):
    reopen().add(1, 0.1, {"style": 1.0})
    reopen().add(1, 0.1, {"total": 1.0})
    assert [set(row) for row in read(tmp_path / "run")] == [{"step", "lr", "total"}]


def test_a_damaged_log_is_named(reopen, tmp_path):
    reopen().add(1, 0.1, {"style": 1.0})
    (tmp_path / "run" / "metrics.csv").write_text("step,lr\nx,y\n")
    with pytest.raises(InputError, match="metrics.csv is damaged"):
        reopen(1)
