"""One picture file into another; in photo mode with all the bits and colours that it has."""

from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ccpl.atomic import check_place
from ccpl.files.photos import Photo, is_deep, load_photo, save_photo
from ccpl.image import fit_within, load_image, picture_format
from ccpl.look import Look
from ccpl.metadata import unkept
from ccpl.painting.requests import Host, Inputs, save_picture, settings_of, stylize_picture

ROUNDED = (
    "Its 16 bits a colour were rounded to 8: they are kept without --optimize, in sRGB or a "
    "profile of curves and a matrix."
)


def stylize_file(
    host: Host, source: Path, target: Path, inputs: Inputs, look: Look
) -> tuple[str, ...]:
    """Stylize one picture file into another.

    Returns:
        Sentences on what of the source was not taken or could not be kept.
    Raises:
        InputError: the source is no picture within the limits, or the target cannot be written.
    """
    check_place(target, source)
    picture_format(target)  # a name that cannot be written is told before anything is painted
    content = load_image(source, max_megapixels=host.limits.megapixels)
    notes = [*content.info.get("notes", ()), *unkept(target, content.info)]
    exact = look.mode == "photo" and look.optimize == "off"
    if exact and (photo := load_photo(source)):
        notes += _stylize_photo(host, photo, content, target, inputs, look)
    else:
        if look.mode == "photo" and is_deep(source):
            notes.append(ROUNDED)
        save_picture(stylize_picture(host, content, inputs, look), target, inputs, look)
    return tuple(notes)


def _stylize_photo(
    host: Host, photo: Photo, content: Image.Image, target: Path, inputs: Inputs, look: Look
) -> list[str]:
    small = fit_within(content, host.allowed(look).max_side)
    photo = photo.resized(small.size[::-1])
    stylizer = host.stylizer(look, inputs.styles)
    known = photo.colours.clamp(0, 1)  # all that networks and LUTs know
    shown, hidden = known, None
    if photo.alpha is not None:
        hidden = torch.from_numpy(photo.alpha == 0)
        shown = without_hidden(known, hidden)
    stylized = stylizer.stylize_colours(shown, inputs.style, look, mask=inputs.mask)
    colours = stylized + (photo.colours - known)  # what lies outside of sRGB goes round them
    if hidden is not None:
        colours = torch.where(hidden, photo.colours, colours)
    result = replace(photo, colours=colours)
    return save_photo(result, target, settings=settings_of(inputs, look), content=small)


def without_hidden(colours: Tensor, hidden: Tensor) -> Tensor:
    """Colours (1, 3, H, W), the mean of what is seen where (H, W) says that nothing is."""
    if hidden.all() or not hidden.any():
        return colours
    mean = colours[:, :, ~hidden].mean(2)
    return torch.where(hidden, mean[..., None, None], colours)
