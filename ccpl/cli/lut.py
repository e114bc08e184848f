"""--lut of the command --stylize."""

import argparse
from pathlib import Path

from ccpl.atomic import check_place
from ccpl.cli.asked import files_of
from ccpl.config import VideoConfig
from ccpl.look import Look
from ccpl.painting.requests import Host, Inputs


def write_lut(
    args: argparse.Namespace,
    host: Host,
    sources: list[tuple[Path, bool]],
    inputs: Inputs,
    look: Look,
    config: VideoConfig,
) -> list[str]:
    """Fit a LUT to all sources and write it; returns sentences on how well it fits."""
    from ccpl.export.lut import check_lut_request, fit_look, save_look

    check_lut_request(look, inputs, args.lut)
    check_place(args.lut, *files_of(args, inputs))
    fitted = fit_look(host, sources, inputs, look, config, size=args.lut_size or 33)
    save_look(fitted, args.lut)
    return [f"{fitted.error}.", *filter(None, [fitted.error.warning])]
