"""What grader and zygote say to each other, over sockets that the test holds both ends of."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from autograder.errors import SandboxError
from autograder.sandbox import zygote_connection, zygote_messages
from autograder.sandbox.files import MAX_FILES, Descriptors
from autograder.sandbox.limits import Limits
from autograder.sandbox.zygote_messages import Request

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        ours.settimeout(5)
        theirs.settimeout(5)
        yield ours, theirs


def test_a_request_arrives_with_as_many_files_as_a_notebook_may_have(pair):
    ours, theirs = pair
    descriptors = Descriptors()
    files = {f"/submission/{'d' * 200}/{n}": descriptors.file(str(n).encode()) for n in range(MAX_FILES)}
    sockets = {f"ipc:///run/x/s-{n}": descriptors.file(b"") for n in range(6)}
    report, other = socket.socketpair()
    limits = Limits(processes=77, cell_seconds=1.5)
    with report, other:
        sent = Request(["-f", "x"], {"A": "ü"}, limits, 123, report, 2, [1, 3], sockets, files)
        sent.send(ours)
        received = zygote_messages.receive_request(theirs)
        assert received is not None
        assert (received.arguments, received.environment) == (["-f", "x"], {"A": "ü"})
        assert (received.limits, received.shared_bytes) == (limits, 123)
        assert received.cores == [1, 3]
        assert list(received.sockets) == list(sockets) and list(received.files) == list(files)
        assert [os.pread(d, 9, 0) for d in received.files.values()] == [b"%d" % n for n in range(MAX_FILES)]
        received.report.send(b"to the report")
        assert other.recv(99) == b"to the report"
        numbers = [*received.sockets.values(), *received.files.values(), received.stderr]
        assert not any(os.get_inheritable(number) for number in numbers)
        received.close()
        for number in numbers:
            with pytest.raises(OSError, match="Bad file descriptor"):
                os.fstat(number)
    descriptors.close()


def test_a_closed_socket_is_the_end_of_the_requests(pair):
    ours, theirs = pair
    ours.close()
    assert zygote_messages.receive_request(theirs) is None


def test_a_long_error_is_cut_and_not_lost(pair):
    ours, theirs = pair
    zygote_messages.send(ours, {"error": "é" * 100_000})
    assert zygote_messages.receive(theirs) == ({"error": "é" * 500}, [])


@pytest.mark.parametrize("first_first", [True, False])
def test_the_two_processes_that_answer_do_so_in_any_order(pair, first_first):
    ours, theirs = pair
    handle = os.pidfd_open(os.getpid())
    answers = [({"first": True}, [handle]), ({"running": True}, [])]
    for message, descriptors in answers if first_first else reversed(answers):
        zygote_messages.send(theirs, message, descriptors)
    os.close(handle)
    first = zygote_connection._first_process(ours)
    assert zygote_connection._process_of(first) == os.getpid()
    os.close(first)


def test_an_error_of_either_process_is_an_error_and_leaves_no_descriptor_open(pair):
    ours, theirs = pair
    handle = os.pidfd_open(os.getpid())
    zygote_messages.send(theirs, {"first": True}, [handle])
    zygote_messages.send(theirs, {"error": "OSError: mounting /proc: not permitted"})
    count = len(os.listdir("/proc/self/fd"))
    with pytest.raises(SandboxError, match=r"a zygote forked no kernel \(received OSError: mounting /proc"):
        zygote_connection._first_process(ours)
    assert len(os.listdir("/proc/self/fd")) == count
    os.close(handle)
    theirs.close()
    with pytest.raises(SandboxError, match="it ended at once"):
        zygote_connection._first_process(ours)


@pytest.mark.parametrize(("status", "lost"), [(0, False), (137, False), (None, True)])
def test_a_kernel_is_lost_when_its_supervisor_ends_without_a_word(pair, status, lost):
    ours, theirs = pair
    kernel = zygote_connection.WarmKernel(ours, os.pidfd_open(os.getpid()))
    assert kernel.poll() is None
    if status is not None:
        zygote_messages.send(theirs, {"exit": status})
    theirs.close()
    assert kernel.wait(5) == (137 if status is None else status)
    assert kernel.lost is lost and kernel.poll() == kernel.returncode
    kernel.close()
