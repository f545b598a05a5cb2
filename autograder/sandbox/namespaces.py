"""What bubblewrap does for a cold kernel, done by a fork of the zygote for its own: system calls of Linux.

The order matters. Namespaces come first, since they give the rights that mounts need; the loss of all rights
and the system call filter come last. Each step that fails ends the fork before any code of a student's runs.

Source: Linux manual pages user_namespaces(7), mount(2), capabilities(7), seccomp(2).
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import socket
import struct
from collections.abc import Mapping
from pathlib import Path

_NAMESPACES = {"mount": 0x20000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000}
_NAMESPACES |= {"pid": 0x20000000, "network": 0x40000000}
_READ_ONLY, _NO_SUID, _NO_DEVICES, _NO_EXEC, _REMOUNT = 1, 2, 4, 8, 32
_BIND, _RECURSIVE, _PRIVATE = 4096, 16384, 1 << 18

_DEATH_SIGNAL, _DUMPABLE, _SECCOMP, _DROP_BOUND, _NO_NEW_PRIVILEGES, _AMBIENT = 1, 4, 22, 24, 38, 47
_SECCOMP_FILTER, _CLEAR_ALL = 2, 4
_CAPABILITY_VERSION_3 = 0x20080522

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP

_OCTAL = re.compile(r"\\([0-7]{3})")  # how mountinfo writes spaces

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = [*[ctypes.c_char_p] * 3, ctypes.c_ulong, ctypes.c_char_p]
_libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]


def enter_namespaces() -> None:
    """Moves this process, which must have one thread, into new namespaces; its next child is their first.

    It keeps its uid and gid and has every right over the new namespaces, and no new one over the old.

    Raises:
        OSError: the system refuses.
    """
    uid, gid = os.getuid(), os.getgid()
    flags = sum(_NAMESPACES.values())
    _checked(_libc.unshare(flags), "new namespaces")
    # Refusing setgroups is the condition for an unprivileged user to map a group.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def make_private(folders: Mapping[str, int], files: int) -> None:
    """Covers every place that could be written or that shows other processes.

    What is mounted below such a place, an interpreter in a checkout below /tmp for instance, is still there.

    Args:
        folders: empty writable folders in memory, by path, with their sizes in bytes.
        files: files that each of them holds at most.

    Raises:
        OSError: the system refuses.
    """
    _mount("none", "/", "", _RECURSIVE | _PRIVATE)
    for path, size in folders.items():
        kept = {below: os.open(below, os.O_PATH | os.O_CLOEXEC) for below in _outermost_mounts(path)}
        _mount("tmpfs", path, "tmpfs", _NO_SUID | _NO_DEVICES, f"size={size},nr_inodes={files},mode=1777")
        for below, descriptor in kept.items():
            os.makedirs(below)
            # A bind keeps the flags of what it shows: read-only stays read-only.
            _mount(f"/proc/self/fd/{descriptor}", below, "", _BIND | _RECURSIVE)
            os.close(descriptor)
    # Terminals of its own: the zygote's would be seen by all of its kernels.
    terminals = "newinstance,ptmxmode=0666,mode=0620"
    _mount("devpts", "/dev/pts", "devpts", _NO_SUID | _NO_EXEC, terminals)
    _mount("proc", "/proc", "proc", _NO_SUID | _NO_DEVICES | _NO_EXEC)
    # Rights in a further user namespace would allow mounts again.
    Path("/proc/sys/user/max_user_namespaces").write_text("0")


def _outermost_mounts(folder: str) -> list[str]:
    """The mount points below a folder, without those that lie below another."""
    found: list[str] = []
    for line in Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines():
        point = _OCTAL.sub(lambda escape: chr(int(escape[1], 8)), line.split()[4])
        if point.startswith(f"{folder}/"):
            found.append(point)
    return [p for p in found if not any(p.startswith(f"{outer}/") for outer in found)]


def close_folder(path: str) -> None:
    """Makes a folder of :func:`make_private` read-only."""
    _mount("none", path, "", _REMOUNT | _READ_ONLY | _NO_SUID | _NO_DEVICES)


def start_loopback() -> None:
    """Starts the one network device there is, which leads nowhere else; libraries expect it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh22x", b"lo", 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(any_socket, _GET_FLAGS, request), 16)
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh22x", b"lo", flags | _UP))


def drop_rights(filter_program: bytes | None) -> None:
    """Gives up every capability for good and sets the system call filter.

    Args:
        filter_program: what :func:`autograder.sandbox.seccomp.program` gave.

    Raises:
        OSError: the system refuses.
    """
    _prctl(_NO_NEW_PRIVILEGES, 1)
    for capability in range(_last_capability() + 1):
        _prctl(_DROP_BOUND, capability)
    _prctl(_AMBIENT, _CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _checked(_libc.capset(header, (ctypes.c_uint32 * 6)()), "dropping capabilities")
    if filter_program is not None:
        instructions = ctypes.create_string_buffer(filter_program, len(filter_program))
        length = len(filter_program) // 8
        program = struct.pack("=H6xQ", length, ctypes.addressof(instructions))
        pointer = ctypes.create_string_buffer(program, len(program))
        _prctl(_SECCOMP, _SECCOMP_FILTER, ctypes.addressof(pointer))


def die_with_parent(signal_number: int) -> None:
    """Asks the system for a signal when this process's parent ends."""
    _prctl(_DEATH_SIGNAL, signal_number)


def set_readable(readable: bool) -> None:
    """Says whether processes of the same user may look into this one's memory."""
    _prctl(_DUMPABLE, int(readable))


def _last_capability() -> int:
    return int(Path("/proc/sys/kernel/cap_last_cap").read_text())


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    status = _libc.mount(source.encode(), target.encode(), kind.encode(), flags, options.encode())
    _checked(status, f"mounting {target}")


def _prctl(option: int, value: int, more: int = 0) -> None:
    _checked(_libc.prctl(option, value, more, 0, 0), f"prctl {option}")


def _checked(status: int, what: str) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
