"""The system call filter, run by an interpreter of its own and compared with the system's headers."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest

from autograder.sandbox import seccomp

X86, ARM = 0xC000003E, 0xC00000B7
ALLOW, KILL, EPERM, EINVAL, ENOSYS = (
    0x7FFF0000,
    0x80000000,
    *(0x50000 | number for number in (errno.EPERM, errno.EINVAL, errno.ENOSYS)),
)
HEADERS = {
    "x86_64": (Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), r"#define __NR_(\w+)\s+(\d+)"),
    "aarch64": (Path("/usr/include/asm-generic/unistd.h"), r"#define __NR(?:3264)?_(\w+)\s+(\d+)"),
}


def verdict(program: bytes, arch: int, number: int, first_argument: int = 0) -> int:
    """Runs a classic BPF program on a ``struct seccomp_data``."""
    data = struct.pack(
        "=iIQ6Q", number if number < 1 << 31 else number - (1 << 32), arch, 0, first_argument, 0, 0, 0, 0, 0
    )
    code = list(struct.iter_unpack("=HBBI", program))
    position = accumulator = 0
    while True:
        operation, true, false, value = code[position]
        position += 1
        if operation == 0x06:
            return value
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value}[operation]
            position += true if holds else false


@pytest.mark.parametrize(
    ("arch", "number", "argument", "expected"),
    [
        (X86, 0, 0, ALLOW),  # read
        (X86, 41, 1, ALLOW),  # socket: unix, internet
        (X86, 41, 2, ALLOW),
        (X86, 41, 10, ALLOW),
        (X86, 41, 16, EINVAL),  # netlink
        (X86, 41, 40, EINVAL),  # vsock
        (X86, 41, (1 << 32) | 40, EINVAL),
        (X86, 53, 1, ALLOW),  # socketpair
        (X86, 53, 30, EINVAL),
        (X86, 319, 0, EPERM),  # memfd_create
        (X86, 425, 0, EPERM),  # io_uring_setup
        (X86, 103, 3, EPERM),  # syslog
        (X86, 203, 0, EPERM),  # sched_setaffinity
        (X86, 323, 0, EPERM),  # userfaultfd
        (X86, 0x40000000 | 41, 40, ENOSYS),  # the x32 way round
        (ARM, 41, 40, KILL),  # another architecture
        (0x40000003, 359, 40, KILL),  # int 0x80: i386's socket
    ],
)
def test_the_filter_decides_each_kind_of_call(arch, number, argument, expected):
    program = seccomp.program("x86_64")
    assert program is not None
    assert verdict(program, arch, number, argument) == expected


def test_the_filter_for_arm_knows_its_own_numbers():
    program = seccomp.program("aarch64")
    assert program is not None
    assert verdict(program, ARM, 198, 40) == EINVAL
    assert verdict(program, ARM, 198, 1) == ALLOW
    assert verdict(program, ARM, 279) == EPERM
    assert verdict(program, X86, 0) == KILL


def test_other_machines_have_no_filter():
    assert seccomp.program("riscv64") is None


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_numbers_are_those_of_the_systems_headers(machine):
    header, pattern = HEADERS[machine]
    if not header.exists():
        pytest.skip(f"{header} is not installed")
    known = {name: int(number) for name, number in re.findall(pattern, header.read_text())}
    table = {**seccomp._DENIED[machine], "socket": seccomp._SOCKET_CALLS[machine][0]}
    table["socketpair"] = seccomp._SOCKET_CALLS[machine][1]
    missing = {name for name in table if name not in known}
    assert missing <= {
        "mount_setattr",
        "memfd_secret",
        "quotactl_fd",
        "process_madvise",
    }  # younger than some headers
    assert {name: number for name, number in table.items() if known.get(name, number) != number} == {}
