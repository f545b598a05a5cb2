"""The grader's end of the agent's socket, against a peer that the test plays."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from autograder import wire
from autograder.errors import AuthoringError, CallTimeout, KernelDied, StudentError
from autograder.sandbox.calls import AgentConnection

Peer = Callable[[Callable[[socket.socket], object]], AgentConnection]


@pytest.fixture
def peer() -> Iterator[Peer]:
    """Connects a grader's end to a peer that reads one request and then does what it is told."""
    threads, sockets = [], []

    def connect(act: Callable[[socket.socket], object]) -> AgentConnection:
        ours, theirs = socket.socketpair()
        sockets.extend((ours, theirs))

        def play() -> None:
            theirs.recv(1 << 16)
            act(theirs)

        threads.append(threading.Thread(target=play))
        threads[-1].start()
        return AgentConnection(ours, 10_000)

    yield connect
    for one in sockets:
        one.close()
    for thread in threads:
        thread.join()


def call(connection: AgentConnection, seconds: float = 5.0) -> object:
    return connection.call("f", (1,), {}, seconds, "limits.call_seconds")


def test_a_reply_is_decoded(peer):
    connection = peer(lambda s: s.sendall(wire.dumps({"id": 1, "value": [np.arange(3), 2.0]})))
    array, number = call(connection)
    assert np.array_equal(array, [0, 1, 2]) and number == 2.0
    assert not connection.broken


def test_an_error_is_the_students_and_the_connection_stays_good(peer):
    connection = peer(lambda s: s.sendall(wire.dumps({"id": 1, "error": "`f` raised ValueError"})))
    with pytest.raises(StudentError, match=r"^`f` raised ValueError$"):
        call(connection)
    assert not connection.broken


@pytest.mark.parametrize(
    "reply",
    [
        wire.dumps({"id": 2, "value": 1}),
        wire.dumps({"id": True, "value": 1, "more": 2}),
        wire.dumps({"id": 1}),
        wire.dumps({"value": 1}),
        wire.dumps({"id": 1, "verdict": "passed"}),
        wire.dumps({"id": 1, "error": 3}),
        wire.dumps([1, 2]),
        wire.dumps(None),
        struct.pack("<I", 3) + b"{{{",
        struct.pack("<I", 0xFFFFFFFF),
        struct.pack("<I", 4) + b'"\xff\xff"',
        wire.dumps({"id": 1, "value": np.zeros(2000)}),  # beyond result_bytes
        struct.pack("<I", 60_000) + b"[" * 60_000,
    ],
)
def test_anything_else_is_an_error_and_breaks_the_connection(peer, reply):
    connection = peer(lambda s: s.sendall(reply))
    with pytest.raises(StudentError, match="`f` gave an answer that"):
        call(connection)
    assert connection.broken
    with pytest.raises(KernelDied, match="`f` was not called: the notebook's kernel has ended"):
        call(connection)


def test_silence_is_a_timeout_that_names_the_limit(peer):
    connection = peer(lambda s: None)
    with pytest.raises(
        CallTimeout, match=r"`f` did not return within 0.1 s; the limit is limits.call_seconds"
    ):
        call(connection, 0.1)
    assert connection.broken


def test_half_a_reply_is_a_timeout(peer):
    connection = peer(lambda s: s.sendall(wire.dumps({"id": 1, "value": np.zeros(10)})[:-8]))
    with pytest.raises(CallTimeout):
        call(connection, 0.2)


def test_a_closed_socket_is_a_death(peer):
    connection = peer(lambda s: s.shutdown(socket.SHUT_RDWR))
    with pytest.raises(KernelDied, match="`f` ended the notebook's kernel before it answered"):
        call(connection)


def test_a_peer_that_does_not_read_is_a_timeout():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = AgentConnection(ours, 10_000)
        with pytest.raises(CallTimeout):
            connection.call("f", (np.zeros(4_000_000),), {}, 0.2, "limits.call_seconds")


def test_an_argument_of_the_authors_that_cannot_be_sent_is_the_authors_error(peer):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = AgentConnection(ours, 10_000)
        with pytest.raises(AuthoringError, match="`f` is called with an argument that cannot be sent"):
            connection.call("f", (object(),), {}, 1.0, "")
        deep = 1
        for _ in range(7):
            deep = [deep]
        with pytest.raises(StudentError, match="`f` was not called: a value is nested too deeply"):
            connection.call("f", (deep,), {}, 1.0, "")
        assert not connection.broken
