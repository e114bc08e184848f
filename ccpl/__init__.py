"""Neural style transfer for pictures, video and webcam, after CCPL (Wu et al., ECCV 2022)."""

from ccpl.config import MODES
from ccpl.errors import InputError
from ccpl.look import Look
from ccpl.painting.shipped import load_stylizer
from ccpl.painting.stylizer import Stylizer

__version__ = "0.1.0"
__all__ = ["MODES", "InputError", "Look", "Stylizer", "__version__", "load_stylizer"]
