"""Downloads from a server of our own on the loopback: whole, kept, gone on with, refused."""

from __future__ import annotations

import hashlib
import http.server
import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from course.data import cache_folder, download, download_word_vectors, mnist
from course.errors import ArgumentError, CourseError, DownloadError, FileFormatError

CONTENT = np.random.default_rng(0).bytes(50_000)
SHA = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serves ``files``; breaks off after ``breaks_after`` bytes, once; knows ranges if ``ranges``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {"/data.bin": CONTENT}
        self.breaks_after: int | None = None
        self.ranges = True
        self.asked: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        content = self.server.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.server.ranges else 0
        if start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        cut, self.server.breaks_after = self.server.breaks_after, None
        self.wfile.write(content[start:cut])

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def _left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"}


def test_a_file_is_fetched_once_and_kept(server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        path = download(f"{server.url}/data.bin", SHA.upper(), folder=tmp_path)
        assert path == tmp_path / "data.bin" and path.read_bytes() == CONTENT
    assert server.asked == [None] and _left(tmp_path) == {"data.bin"}


def test_a_spoiled_file_is_fetched_anew(server: Server, tmp_path: Path) -> None:
    (tmp_path / "data.bin").write_bytes(CONTENT[:-1] + b"x")
    assert download(f"{server.url}/data.bin", SHA, folder=tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_connection_leaves_no_file_and_the_next_call_goes_on(
    server: Server, tmp_path: Path, ranges: bool
) -> None:
    server.breaks_after, server.ranges = 20_000, ranges
    url = f"{server.url}/data.bin"
    with pytest.raises(DownloadError, match=r"data.bin: .*broke off after 20000 of 50000 bytes"):
        download(url, SHA, folder=tmp_path)
    assert not (tmp_path / "data.bin").exists()
    assert download(url, SHA, folder=tmp_path).read_bytes() == CONTENT
    # With ranges the rest is asked for; a server without them sends everything, which starts anew.
    assert server.asked == [None, "bytes=20000-"] and _left(tmp_path) == {"data.bin"}


@pytest.mark.parametrize(
    "stale", [b"x" * 100, b"x" * 60_000], ids=["another beginning", "more than there is"]
)
def test_a_beginning_that_does_not_fit_is_thrown_away(server: Server, tmp_path: Path, stale: bytes) -> None:
    (tmp_path / f"data.bin.{SHA[:16]}.part").write_bytes(stale)
    assert download(f"{server.url}/data.bin", SHA, folder=tmp_path).read_bytes() == CONTENT
    assert _left(tmp_path) == {"data.bin"}


def test_a_whole_beginning_needs_no_server(tmp_path: Path) -> None:
    (tmp_path / f"data.bin.{SHA[:16]}.part").write_bytes(CONTENT)
    assert download("http://127.0.0.1:9/data.bin", SHA, folder=tmp_path).read_bytes() == CONTENT


def test_another_file_is_refused_and_not_kept(server: Server, tmp_path: Path) -> None:
    server.files["/data.bin"] = b"<html>log in first</html>"
    with pytest.raises(
        DownloadError, match=rf"sent another file .expected SHA-256 {SHA}, received [0-9a-f]{{64}} "
    ):
        download(f"{server.url}/data.bin", SHA, folder=tmp_path)
    assert _left(tmp_path) == set()


def test_several_at_once_fetch_it_once(server: Server, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: download(f"{server.url}/data.bin", SHA, folder=tmp_path), range(4)))
    assert {path.read_bytes() for path in paths} == {CONTENT} and server.asked == [None]


@pytest.mark.parametrize("path", ["", "/nothing.bin"])
def test_offline_is_one_clear_line(server: Server, tmp_path: Path, path: str) -> None:
    # Port 9 of the loopback has no server: refused at once, as without a network.
    url = f"{server.url}{path}" if path else "http://127.0.0.1:9/data.bin"
    with pytest.raises(DownloadError) as caught:
        download(url, SHA, folder=tmp_path)
    text = str(caught.value)
    assert "\n" not in text and caught.value.__suppress_context__
    assert f"an answer of {url}" in text and f"or put the file at {tmp_path}" in text
    assert ("Not Found" if path else "refused") in text


@pytest.mark.parametrize(
    ("url", "sha", "name", "words"),
    [
        ("ftp://a/b", SHA, "", "http:// or https://.*'ftp://a/b'"),
        ("file:///etc/passwd", SHA, "", "http:// or https://"),
        ("http://a/b", SHA[:-1], "", "64 hexadecimal digits"),
        ("http://a/b", "g" * 64, "", "64 hexadecimal digits.*sha256='ggg"),
        ("http://a/", SHA, "", "no folder in it.*''"),
        ("http://a/b", SHA, "../b", r"no folder in it.*'\.\./b'"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    url: str, sha: str, name: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ArgumentError, match=words):
        download(url, sha, name=name, folder=tmp_path)


def test_the_folder_is_the_variables_or_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("COURSE_DATA")
    monkeypatch.setenv("HOME", "/home/ada")
    assert cache_folder() == Path("/home/ada/.cache/expected-gradient")


def _archive(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def test_mnist_is_scaled_and_typed(server: Server, tmp_path: Path, rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, size=(5, 28, 28), dtype=np.uint8)
    images[0, 0, :2] = 0, 255
    labels = np.arange(5, dtype=np.uint8)
    archive = _archive(x_train=images, y_train=labels, x_test=images[:2], y_test=labels[:2])
    server.files["/mnist.npz"] = archive
    sha = hashlib.sha256(archive).hexdigest()
    data = mnist(url=f"{server.url}/mnist.npz", sha256=sha, folder=tmp_path)
    np.testing.assert_allclose(data.train_images, images / 255, atol=1e-7)
    assert data.train_images[0, 0, :2].tolist() == [0, 1] and data.test_images.shape == (2, 28, 28)
    assert data.train_images.dtype == np.float32 and data.test_labels.dtype == np.int64


@pytest.mark.parametrize(
    "archive", [b"no archive", _archive(x_train=np.zeros(1))], ids=["none", "three missing"]
)
def test_an_archive_without_the_arrays_is_named(server: Server, tmp_path: Path, archive: bytes) -> None:
    server.files["/mnist.npz"] = archive
    with pytest.raises(FileFormatError, match=r"mnist.npz: the archive holds four arrays.*x_train, y_train"):
        mnist(url=f"{server.url}/mnist.npz", sha256=hashlib.sha256(archive).hexdigest(), folder=tmp_path)


def test_word_vectors_come_from_the_network(server: Server, tmp_path: Path) -> None:
    text = b"2 2\nking 1 0\nqueen 0.5 -1e-3\n"
    server.files["/tiny.vec"] = text
    vectors = download_word_vectors(
        f"{server.url}/tiny.vec", hashlib.sha256(text).hexdigest(), folder=tmp_path
    )
    np.testing.assert_array_equal(vectors["queen"], np.float32([0.5, -1e-3]))
    assert issubclass(DownloadError, CourseError)
