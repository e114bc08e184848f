"""Whose turn it is: newer requests end older ones, and what can wait waits."""

import threading

from ccpl.ui.turns import Newest, Precedence


def test_only_the_newest_request_of_a_visitor_is_wanted():
    newest = Newest()
    assert newest.claim("a", 1) and newest.wants("a", 1)
    assert newest.claim("a", 2) and not newest.wants("a", 1)
    assert not newest.claim("a", 1)
    assert newest.wants("a", 2) and newest.wants("b", 1)


def test_what_can_wait_waits_for_what_goes_first():
    precedence, order = Precedence(), []

    def later() -> None:
        precedence.wait()
        order.append("later")

    with precedence.first():
        waiting = threading.Thread(target=later)
        waiting.start()
        order.append("first")
    waiting.join()
    assert order == ["first", "later"]


def test_a_stop_counts_until_something_newer_is_asked_for():
    newest = Newest()
    newest.claim("a", 1)
    assert not newest.stopped("a")
    newest.stop("a", 2)
    assert newest.stopped("a") and not newest.wants("a", 1)
    newest.claim("a", 3)
    assert not newest.stopped("a")
    newest.stop("a", 2)  # came late
    assert not newest.stopped("a")
