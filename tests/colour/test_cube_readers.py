"""Our .cube files in other readers: OpenColorIO and colour-science give our rendering."""

import colour
import numpy as np
import PyOpenColorIO as ocio
import pytest
import torch

from ccpl.colour.cube import load_cube, save_cube
from ccpl.colour.fit import ColourPairs, fit_lut
from ccpl.colour.log import LogSpace
from ccpl.colour.lut import identity, plain_lut

COLOURS = np.random.default_rng(0).random((5000, 3)).astype(np.float32)


def fitted():
    """A LUT as it is fitted to a picture and its grade."""
    before = torch.from_numpy(COLOURS)
    pairs = ColourPairs()
    pairs.add(before, (before @ torch.tensor([[0.8, 0.1, 0], [0.1, 0.7, 0.1], [0, 0.1, 1]])) ** 1.2)
    return fit_lut(pairs, 17).lut


LUTS = {
    "fitted": fitted,
    "for log footage": lambda: LogSpace("logc3").baked(plain_lut(identity(5) ** 0.8), 33),
    "beyond 0 and 1": lambda: plain_lut(identity(9) * 1.5 - 0.2),
}


@pytest.mark.parametrize("name", LUTS)
def test_opencolorio_gives_our_colours(tmp_path, name):
    lut = LUTS[name]()
    save_cube(lut, tmp_path / "look.cube", ("a comment",))
    transform = ocio.FileTransform(
        src=str(tmp_path / "look.cube"), interpolation=ocio.INTERP_TETRAHEDRAL
    )
    cpu = ocio.Config.CreateRaw().getProcessor(transform).getDefaultCPUProcessor()
    theirs = COLOURS.copy()
    cpu.applyRGB(theirs)
    assert np.abs(theirs - rendering(lut)).max() < 1 / 255


@pytest.mark.parametrize("name", LUTS)
def test_colour_science_gives_our_colours(tmp_path, name):
    lut = LUTS[name]()
    save_cube(lut, tmp_path / "look.cube")
    read = colour.read_LUT(str(tmp_path / "look.cube"))
    theirs = read.apply(COLOURS, interpolator=colour.algebra.table_interpolation_tetrahedral)
    assert np.abs(theirs - rendering(lut)).max() < 1 / 255


def test_we_read_what_colour_science_writes(tmp_path):
    lut = LUTS["fitted"]()
    path = str(tmp_path / "theirs.cube")
    colour.write_LUT(colour.LUT3D(lut.table.numpy(), "theirs"), path)
    assert torch.allclose(load_cube(path).table, lut.table, atol=1e-5)


def rendering(lut):
    return lut(torch.from_numpy(COLOURS).T[None, :, None])[0, :, 0].T.numpy()
