"""--average: one network from several of one configuration, parts of it scaled.

The mean of weights along or across training runs does better than each (model soups, Wortsman et
al., ICML 2022); scaling a head trades what it adds against the rest.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from ccpl.errors import InputError
from ccpl.files.weights import load_network
from ccpl.models import Network


def average_weights(paths: Sequence[Path], weights: Sequence[float] | None = None) -> Network:
    """The weighted mean of weight files.

    Args:
        paths: files of one configuration.
        weights: one for each, of any sum but 0, also negative; equal unless given.
    Raises:
        InputError: their number is wrong, their sum is 0, or the files are of several networks.
    """
    weights = [1.0] * len(paths) if weights is None else weights
    if len(weights) != len(paths):
        raise InputError(f"{len(paths)} files need as many weights, got {len(weights)}")
    total = sum(weights)
    if not abs(total) > 1e-6 or not abs(total) < 1e6:
        raise InputError(f"the weights must have a sum other than 0, got {total:g}")
    networks = [load_network(path) for path in paths]
    for path, network in zip(paths, networks, strict=True):
        if network.config != networks[0].config:
            raise InputError(
                f"{path} is of another network than {paths[0]}: {network.config} and "
                f"{networks[0].config}; give files of one configuration"
            )
    states = [network.state_dict() for network in networks]
    mean = {
        name: sum(
            w / total * state[name].double() for w, state in zip(weights, states, strict=True)
        )
        for name in states[0]
    }
    networks[0].load_state_dict({name: x.to(states[0][name].dtype) for name, x in mean.items()})
    return networks[0]


@torch.no_grad()
def scale_weights(network: Network, factors: Mapping[str, float]) -> None:
    """Multiply in place what bears a name, or lies below it: decoder.recolour, decoder.paint ...

    Raises:
        InputError: nothing is named so, or a factor is not finite.
    """
    for name, factor in factors.items():
        if not abs(factor) < float("inf"):
            raise InputError(f"the factor of {name} must be a finite number, got {factor}")
        found = [p for key, p in network.named_parameters() if f"{key}.".startswith(f"{name}.")]
        if not found:
            tops = sorted({".".join(key.split(".")[:2]) for key, _ in network.named_parameters()})
            raise InputError(f"nothing is named {name!r} here; try {', '.join(tops)}")
        for parameter in found:
            parameter.mul_(factor)


def parse_factors(words: Sequence[str]) -> dict[str, float]:
    """NAME=FACTOR ... -> factors by name.

    Raises:
        InputError: a word of another form.
    """
    factors = {}
    for word in words:
        name, _, factor = word.partition("=")
        try:
            factors[name] = float(factor)
        except ValueError:
            raise InputError(f"expected NAME=FACTOR, as decoder.paint=0.9, got {word!r}") from None
    return factors
