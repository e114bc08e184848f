"""Paint and store the golden results anew, and print what changed by how much.

    python -m tests.golden.renew [CASE ...]

All cases, or those that are named. Only where weights, or what the project means to paint, changed;
the commit says which.
"""

import sys
from collections.abc import Sequence

from tests.golden.cases import CASES, MODES, load
from tests.golden.stored import (
    difference,
    load_result,
    result_path,
    save_origin,
    save_result,
)


def describe(mode: str, case: str, pixels) -> str:
    """How a new result differs from the stored one."""
    if not result_path(mode, case).exists():
        return "new"
    old = load_result(mode, case)
    if old.shape != pixels.shape:
        return f"shape {old.shape} became {pixels.shape}"
    change = difference(pixels, old)
    return str(change) if change.largest else "unchanged"


def main(names: Sequence[str]) -> None:
    cases = {name: CASES[name] for name in names or CASES}
    for mode in MODES:
        network = load(mode)
        for case, paint in cases.items():
            pixels = paint(network)
            print(f"lite.{mode:10} {case:14} {describe(mode, case, pixels)}", flush=True)
            save_result(pixels, mode, case)
    save_origin()


if __name__ == "__main__":
    main(sys.argv[1:])
