"""Files from the network: asked for by their checksum, kept, and never there by halves."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import os
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from course.errors import ArgumentError, DownloadError
from course.validation import positive_float

_CHUNK = 1 << 20


def cache_folder() -> Path:
    """Where downloads are kept: the variable ``COURSE_DATA``, or ``~/.cache/expected-gradient``."""
    return Path(os.environ.get("COURSE_DATA") or Path.home() / ".cache" / "expected-gradient")


def download(
    url: str, sha256: str, *, name: str = "", folder: str | Path | None = None, timeout: float = 30.0
) -> Path:
    """The file of a checksum: from the folder where it is there already, from its address otherwise.

    It comes under its name only when it is whole and its SHA-256 is right: a reader never meets half a file.
    What a broken connection left is kept beside it, and the next call goes on from there where the server
    can (HTTP ranges), and starts again where it cannot. Two processes that ask at once fetch it once.

    Args:
        url: ``http://`` or ``https://``.
        sha256: of the content, 64 hexadecimal digits.
        name: of the file; empty takes the last part of the address.
        folder: where it is kept; None takes :func:`cache_folder`.
        timeout: seconds without an answer or without a byte, > 0.

    Returns:
        Its path.

    Raises:
        ArgumentError: address, checksum or name cannot be one.
        DownloadError: the server cannot be reached, refuses, breaks off, or sends another file. The message
            says where to put the file by hand.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ArgumentError("an address is http:// or https://", expected="a URL", received=repr(url))
    digest = sha256.lower()
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise ArgumentError(
            "a SHA-256 is 64 hexadecimal digits", expected="64 digits", received=f"sha256={sha256!r}"
        )
    name = name or Path(parts.path).name
    if not name or Path(name).name != name:
        raise ArgumentError("a file's name has no folder in it", expected="a name", received=repr(name))
    positive_float(timeout, "timeout")
    target = Path(folder if folder is not None else cache_folder()) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    # The digest in its name: what another version of the file left is never gone on with.
    partial = target.with_name(f"{name}.{digest[:16]}.part")
    with open(partial.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (target.is_file() and _sha256(target) == digest):
            _fetch(url, digest, partial, target, timeout)
    return target


def _fetch(url: str, digest: str, partial: Path, target: Path, timeout: float) -> None:
    had = partial.stat().st_size if partial.exists() else 0
    if had and _sha256(partial) == digest:
        # All of it came, and nobody was there to give it its name.
        os.replace(partial, target)
        return
    try:
        resumed = _receive(url, partial, had, timeout)
        if resumed and _sha256(partial) != digest:
            # What was there and what came do not belong together: once more from the beginning.
            _receive(url, partial, 0, timeout)
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) and error.reason else error
        raise DownloadError(
            "the file cannot be downloaded",
            where=target.name,
            expected=f"an answer of {url}",
            received=str(reason) or type(reason).__name__,
            fix=f"connect to the network and run it again, or put the file at {target}",
        ) from None
    found = _sha256(partial)
    if found != digest:
        partial.unlink()
        raise DownloadError(
            "the server sent another file",
            where=target.name,
            expected=f"SHA-256 {digest}",
            received=f"{found} from {url}",
            fix="nothing was kept",
        )
    os.replace(partial, target)


def _receive(url: str, partial: Path, had: int, timeout: float) -> bool:
    """Writes what the server sends; whether it went on from the bytes that were there."""
    request = urllib.request.Request(url, headers={"User-Agent": "expected-gradient"})
    if had:
        request.add_header("Range", f"bytes={had}-")
    try:
        answer: Any = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        if had and error.code == 416:
            # More is there than the file has.
            return _receive(url, partial, 0, timeout)
        raise
    with answer:
        start = f"bytes {had}-"
        resumed = (
            had > 0 and answer.status == 206 and answer.headers.get("Content-Range", "").startswith(start)
        )
        promised = answer.headers.get("Content-Length")
        came = 0
        with open(partial, "ab" if resumed else "wb") as file:
            while block := answer.read(_CHUNK):
                file.write(block)
                came += len(block)
    if promised is not None and came < int(promised):
        raise http.client.HTTPException(f"the connection broke off after {came} of {promised} bytes")
    return resumed


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
