"""Fields that people set say what they are and refuse what they cannot hold."""

from dataclasses import dataclass, fields
from typing import Literal

import pytest

from ccpl.errors import InputError
from ccpl.evaluation.quality import EvaluateConfig
from ccpl.evaluation.speed import BenchConfig
from ccpl.options import check_options, option, options
from ccpl.training.config import TrainConfig


@dataclass(frozen=True)
class Tea:
    """One of each kind of field."""

    kind: Literal["green", "black"] = option("green", "what is brewed")
    minutes: float = option(3.0, "how long it draws", low=1, high=9)
    cups: int = option(1, "how many", low=1)
    sugar: bool = option(False, "sweet")
    milk: float | None = option(None, "share of milk", high=1, label="Milk in the cup")
    spices: tuple[str, ...] = option(("none",), "what else")

    def __post_init__(self) -> None:
        check_options(self)


def test_a_field_tells_its_kind_choices_range_and_default():
    kind, minutes, *_, milk, spices = options(Tea)
    assert (kind.choices, kind.default, kind.label) == (("green", "black"), "green", "Kind")
    assert (minutes.kind, minutes.help) == (float, "how long it draws")
    assert (milk.kind, milk.optional, milk.label) == (float, True, "Milk in the cup")
    assert (spices.kind, spices.many) == (str, True)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "mint"}, "unknown kind 'mint'; expected one of green, black"),
        ({"minutes": 0}, "minutes must lie between 1 and 9, got 0"),
        ({"minutes": float("nan")}, "minutes must be a number, got nan"),
        ({"minutes": None}, "minutes must be a number, got None"),
        ({"minutes": "3"}, "minutes must be a number, got '3'"),
        ({"cups": 0}, "cups must be at least 1, got 0"),
        ({"cups": 1.5}, "cups must be a whole number, got 1.5"),
        ({"cups": True}, "cups must be a whole number, got True"),
        ({"sugar": 1}, "sugar must be true or false, got 1"),
        ({"milk": 2}, "milk in the cup must be at most 1, got 2"),
        ({"spices": ()}, "spices must be one or more, got none"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_one_sentence(values, words):
    with pytest.raises(InputError) as error:
        Tea(**values)
    assert str(error.value) == words


def test_none_and_bounds_are_allowed_where_they_are_named():
    assert Tea(milk=None, minutes=9, cups=1).milk is None


@pytest.mark.parametrize("config", [TrainConfig, EvaluateConfig, BenchConfig])
def test_every_field_of_a_configuration_has_its_sentence_of_help(config):
    assert [item.name for item in options(config)] == [item.name for item in fields(config)]
    assert [item.name for item in options(config) if not item.help] == []
