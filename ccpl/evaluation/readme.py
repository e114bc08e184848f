"""The measured parts of a README, written from the JSON that `evaluate` and `bench` leave."""

from pathlib import Path
from typing import Any

from ccpl.atomic import check_place, write_atomically
from ccpl.errors import InputError
from ccpl.evaluation.tables import QUALITY, SPEED, legend, markdown_table, measured_on


def quality_markdown(result: dict[str, Any]) -> str:
    """The quality part of the README from evaluation.json."""
    rows, counts = result["rows"], result["counts"]
    return (
        f"{counts['contents']} contents x {counts['styles']} styles, {counts['clips']} clips; "
        f"features: {result['features']}; {measured_on(result)}\n\n"
        f"{markdown_table(rows, QUALITY, 'method')}\n\n{legend(rows, QUALITY)}"
    )


def speed_markdown(result: dict[str, Any]) -> str:
    """The speed part of the README from the benchmark's JSON: what people wait for, in five rows.

    Network and picture at the middle of the sizes, a picture at the largest, clip and camera.
    """
    rows = {row["case"]: row for row in result["timings"]}
    networks, pictures, clips = (
        [name for name in rows if name.startswith(kind)]
        for kind in (("network ",), ("picture ",), ("video ", "camera "))
    )
    middle = len(networks) // 2
    chosen = [networks[middle], *dict.fromkeys((pictures[middle], pictures[-1])), *clips]
    columns = {name: SPEED[name] for name in ("ms_median", "fps", "gflop")}
    return (
        f"{result['model']}; {measured_on(result)} Peak of dense products: "
        f"{result['peak_gflops']:.0f} GFLOP/s; `runs/bench.json` has every case and column.\n\n"
        f"{markdown_table([rows[name] for name in chosen], columns, 'case')}"
    )


def update_readme(path: str | Path, section: str, text: str) -> None:
    """Replace what stands between `<!-- section -->` and `<!-- /section -->`.

    Raises:
        InputError: no such file, it lacks the two markers, or it cannot be written to.
    """
    before, after = _around(Path(path), section)
    write_atomically(path, f"{before}\n{text}\n{after}".encode())


def check_readme(path: str | Path, section: str) -> None:
    """Raise InputError where `update_readme` would, before there is anything to write."""
    _around(Path(path), section)
    check_place(path)


def _around(path: Path, section: str) -> tuple[str, str]:
    """What stands before and after a section, with its markers."""
    if not path.is_file():
        raise InputError(f"there is no {path} to write results into; check --readme")
    before, opening, rest = path.read_text(encoding="utf-8").partition(f"<!-- {section} -->")
    _, closing, after = rest.partition(f"<!-- /{section} -->")
    if not closing:
        raise InputError(
            f"{path} has no place for these results; put <!-- {section} --> and "
            f"<!-- /{section} --> on two lines of it"
        )
    return before + opening, closing + after
