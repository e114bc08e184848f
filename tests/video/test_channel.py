from threading import Thread

import pytest

from ccpl.errors import InputError
from ccpl.video.channel import Channel


def test_items_come_out_in_order_and_end_when_closed():
    channel = Channel(3)
    assert all([channel.put(item) for item in "abc"])
    channel.close()
    assert list(channel.items()) == ["a", "b", "c"]


def test_a_full_channel_waits_for_the_taker():
    channel, taken = Channel(1), []
    taker = Thread(target=lambda: taken.extend(channel.items()))
    taker.start()
    assert all([channel.put(item) for item in range(50)])
    channel.close()
    taker.join()
    assert taken == list(range(50))


def test_closing_frees_a_giver_that_waits():
    channel, given = Channel(1), []
    channel.put("first")
    giver = Thread(target=lambda: given.append(channel.put("second")))
    giver.start()
    channel.close()
    giver.join()
    assert given == [False]
    assert list(channel.items()) == ["first"]


def test_patience_runs_out_on_either_side():
    channel = Channel(1)
    with pytest.raises(InputError, match="stood still"):
        next(channel.items(patience=0.01))
    channel.put("first")
    with pytest.raises(InputError, match="stood still"):
        channel.put("second", patience=0.01)
