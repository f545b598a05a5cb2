"""A system call filter: what namespaces, capabilities and resource limits leave open.

The filter is a deny list on top of bubblewrap, not a sandbox of its own. It refuses

- socket families other than unix and, inside the empty network namespace, internet: network namespaces do
  not cover
  vsock, and the less common families are where kernels have had their bugs;
- io_uring, which opens sockets past any filter on ``socket``;
- memory that neither ``RLIMIT_DATA`` nor the size of a tmpfs bounds: ``memfd_create`` and System V shared
  memory;
- looking into other processes' memory and descriptors: the first process of a warm kernel's namespaces has
  the same user as the kernel;
- the machine's log, which any user may read where ``kernel.dmesg_restrict`` is 0;
- choosing cores: a kernel has those of the worker that started it, and the others are for others;
- interfaces to the kernel that no notebook needs: keys, BPF, perf, userfaultfd, modules, mounts, file
  handles, quotas, segment tables, asynchronous reads by the kernel.

Source: Linux, Documentation/userspace-api/seccomp_filter.rst.
"""

from __future__ import annotations

import errno
import platform
import struct

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # BPF_LD|W|ABS, JMP|JEQ|K, JMP|JGE|K, RET|K
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_OFFSET_NUMBER, _OFFSET_ARCH, _OFFSET_FIRST_ARGUMENT = 0, 4, 16
_X32_BIT = 0x40000000

_FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Numbers from asm/unistd_64.h (x86_64) and asm-generic/unistd.h (aarch64).
_SOCKET_CALLS = {"x86_64": (41, 53), "aarch64": (198, 199)}  # socket, socketpair
_DENIED = {
    "x86_64": {
        "memfd_create": 319,
        "memfd_secret": 447,
        "shmget": 29,
        "semget": 64,
        "msgget": 68,
        "io_uring_setup": 425,
        "io_uring_enter": 426,
        "io_uring_register": 427,
        "add_key": 248,
        "request_key": 249,
        "keyctl": 250,
        "bpf": 321,
        "perf_event_open": 298,
        "userfaultfd": 323,
        "ptrace": 101,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "process_madvise": 440,
        "kcmp": 312,
        "pidfd_getfd": 438,
        "syslog": 103,
        "sched_setaffinity": 203,
        "quotactl": 179,
        "quotactl_fd": 443,
        "fanotify_init": 300,
        "io_setup": 206,
        "modify_ldt": 154,
        "init_module": 175,
        "finit_module": 313,
        "delete_module": 176,
        "kexec_load": 246,
        "kexec_file_load": 320,
        "name_to_handle_at": 303,
        "open_by_handle_at": 304,
        "mount": 165,
        "umount2": 166,
        "pivot_root": 155,
        "setns": 308,
        "unshare": 272,
        "open_tree": 428,
        "move_mount": 429,
        "fsopen": 430,
        "fsconfig": 431,
        "fsmount": 432,
        "fspick": 433,
        "mount_setattr": 442,
    },
    "aarch64": {
        "memfd_create": 279,
        "memfd_secret": 447,
        "shmget": 194,
        "semget": 190,
        "msgget": 186,
        "io_uring_setup": 425,
        "io_uring_enter": 426,
        "io_uring_register": 427,
        "add_key": 217,
        "request_key": 218,
        "keyctl": 219,
        "bpf": 280,
        "perf_event_open": 241,
        "userfaultfd": 282,
        "ptrace": 117,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "process_madvise": 440,
        "kcmp": 272,
        "pidfd_getfd": 438,
        "syslog": 116,
        "sched_setaffinity": 122,
        "quotactl": 60,
        "quotactl_fd": 443,
        "fanotify_init": 262,
        "io_setup": 0,
        "init_module": 105,
        "finit_module": 273,
        "delete_module": 106,
        "kexec_load": 104,
        "kexec_file_load": 294,
        "name_to_handle_at": 264,
        "open_by_handle_at": 265,
        "mount": 40,
        "umount2": 39,
        "pivot_root": 41,
        "setns": 268,
        "unshare": 97,
        "open_tree": 428,
        "move_mount": 429,
        "fsopen": 430,
        "fsconfig": 431,
        "fsmount": 432,
        "fspick": 433,
        "mount_setattr": 442,
    },
}


def program(machine: str | None = None) -> bytes | None:
    """The filter as the array of BPF instructions that ``bwrap --seccomp`` reads.

    Args:
        machine: ``x86_64`` or ``aarch64``; this machine's by default.

    Returns:
        The program, or None on another kind of machine, where the sandbox runs without it.
    """
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES:
        return None
    code = [
        (_LOAD, 0, 0, _OFFSET_ARCH),
        (_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        # Another calling convention (int 0x80) has other numbers: none of the rules below would hold.
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _OFFSET_NUMBER),
    ]
    if machine == "x86_64":
        code += [(_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    for number in _DENIED[machine].values():
        code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    socket_call, pair_call = _SOCKET_CALLS[machine]
    code += [
        (_EQUAL, 2, 0, socket_call),
        (_EQUAL, 1, 0, pair_call),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _OFFSET_FIRST_ARGUMENT),
    ]
    for family in _FAMILIES:
        code += [(_EQUAL, 0, 1, family), (_RETURN, 0, 0, _ALLOW)]
    # Not EAFNOSUPPORT: libzmq aborts when getifaddrs, which asks netlink, fails with any other error than
    # this one.
    code.append((_RETURN, 0, 0, _ERRNO | errno.EINVAL))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)
