"""ZeroGPU, where there is one: functions marked `gpu` borrow a GPU, elsewhere they just run."""

import os
from collections.abc import Callable

ZERO_GPU = bool(os.getenv("SPACES_ZERO_GPU"))

if ZERO_GPU:
    from spaces import GPU as gpu
else:

    def gpu(*, duration: Callable[..., int]) -> Callable[[Callable], Callable]:
        """Return the function as it is; `duration` would estimate its seconds."""
        return lambda function: function


__all__ = ["ZERO_GPU", "gpu"]
