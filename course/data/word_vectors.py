"""Word vectors: neighbours, analogies, and word2vec's text format."""

from __future__ import annotations

import gzip
import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from course.data.download import download
from course.errors import ArgumentError, FileFormatError, ShapeError
from course.validation import positive_int


class WordVectors:
    """A vector for each word.

    Args:
        words: all different; none empty, with a blank or with a line's end.
        vectors: shape (words, dimension), finite; kept as float32.

    Raises:
        ArgumentError: words are not different, or a vector is not finite.
        ShapeError: not one vector a word.

    Example:
        >>> words = WordVectors(["man", "woman", "king", "queen"], [[1, 0], [1, 1], [3, 0], [3, 1]])
        >>> words.analogy("man", "woman", "king")
        [('queen', 0.894427)]
    """

    def __init__(self, words: Sequence[str], vectors: Any) -> None:
        self.words = tuple(words)
        self.vectors = np.asarray(vectors, np.float32)
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.words) or not self.vectors.size:
            raise ShapeError(
                "every word has a vector",
                expected=f"({len(self.words)}, dimension)",
                received=self.vectors.shape,
            )
        if not np.isfinite(self.vectors).all():
            raise ArgumentError(
                "vectors are finite", received=f"{np.sum(~np.isfinite(self.vectors))} NaN or infinite"
            )
        self._places = {word: place for place, word in enumerate(self.words)}
        bad = [word for word in self.words if not word or " " in word or "\n" in word]
        if len(self._places) != len(self.words) or bad:
            raise ArgumentError(
                "words are different, not empty and without blanks",
                received=bad or [word for word in self._places if self.words.count(word) > 1],
            )

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._places

    def __getitem__(self, word: str) -> np.ndarray:
        if word not in self._places:
            raise ArgumentError(
                "the word has a vector", expected=f"one of {len(self)} words", received=repr(word)
            )
        return self.vectors[self._places[word]]

    def nearest(self, vector: Any, count: int = 5, leave_out: Iterable[str] = ()) -> list[tuple[str, float]]:
        """The words of largest cosine with a vector, best first.

        Args:
            vector: shape (dimension,).
            count: ≥ 1; fewer where there are fewer words.
            leave_out: words that do not count.

        Raises:
            ShapeError: the vector has another dimension.
        """
        query = np.asarray(vector, np.float64)
        if query.shape != self.vectors.shape[1:]:
            raise ShapeError("the vector fits", expected=self.vectors.shape[1:], received=query.shape)
        norms = np.linalg.norm(self.vectors, axis=1) * np.linalg.norm(query)
        # A zero vector has no direction and is nobody's neighbour.
        cosines = np.where(norms > 0, self.vectors @ query / np.where(norms > 0, norms, 1), -1.0)
        cosines[[self._places[word] for word in leave_out if word in self._places]] = -np.inf
        best = np.argsort(-cosines, kind="stable")[: positive_int(count, "count")]
        return [(self.words[i], round(float(cosines[i]), 6)) for i in best if cosines[i] > -np.inf]

    def analogy(self, a: str, b: str, c: str, count: int = 1) -> list[tuple[str, float]]:
        """What is to c as b is to a: the words nearest to b − a + c, the three left out.

        Args:
            a: the first word of the example.
            b: the second.
            c: the word asked about.
            count: ≥ 1.

        Raises:
            ArgumentError: a word has no vector.

        Source:
            Mikolov, Yih & Zweig 2013, eq. (2), there with vectors of length 1, as here.
        """
        unit = [self[word] / max(float(np.linalg.norm(self[word])), 1e-12) for word in (a, b, c)]
        return self.nearest(unit[1] - unit[0] + unit[2], count, leave_out=(a, b, c))

    def matrix(self, words: Sequence[str]) -> np.ndarray:
        """Vectors of words in their order, zeros for those that have none: the start of an embedding layer.

        Args:
            words: for example those of a :class:`course.data.Vocabulary`.

        Returns:
            Shape (words, dimension), float32.

        Example:
            >>> WordVectors(["man"], [[1, 2]]).matrix(["<pad>", "man"]).tolist()
            [[0.0, 0.0], [1.0, 2.0]]
        """
        found = np.zeros((len(words), self.vectors.shape[1]), np.float32)
        for row, word in zip(found, words, strict=True):
            if word in self:
                row[:] = self[word]
        return found

    def save(self, path: str | Path) -> None:
        """Writes word2vec's text format: a line "words dimension", then a line for each word and its numbers.

        Args:
            path: of the file; the end ``.gz`` compresses it.
        """
        path = Path(path)
        beside = path.with_name(f"{path.name}.part")
        with _open(beside, "wt", compressed=path.suffix == ".gz") as file:
            file.write(f"{len(self)} {self.vectors.shape[1]}\n")
            for word, vector in zip(self.words, self.vectors, strict=True):
                # repr of float32's nearest double: what is read back is the same float32.
                file.write(f"{word} {' '.join(repr(float(x)) for x in vector)}\n")
        os.replace(beside, path)


def read_word_vectors(path: str | Path, limit: int | None = None) -> WordVectors:
    """Reads word2vec's text format.

    Args:
        path: of the file, UTF-8; the end ``.gz`` says that it is compressed.
        limit: words to read at most, the first ones (files put frequent words first); None reads all.

    Raises:
        FileFormatError: names the line that breaks the format, and how.

    Source:
        The format of word2vec's ``-binary 0`` (Mikolov et al. 2013) and of fastText's ``.vec`` files.
    """
    path = Path(path)
    if limit is not None:
        positive_int(limit, "limit")
    words: dict[str, int] = {}
    rows: list[np.ndarray] = []
    try:
        with _open(path, "rt", compressed=path.suffix == ".gz") as file:
            count, dimension = _header(file.readline(), path)
            wanted = count if limit is None else min(limit, count)
            for number, line in enumerate(file, start=2):
                if len(rows) == wanted:
                    if limit is None and line.strip():
                        raise _broken(path, number, f"{count} lines of words, as line 1 says", "one more")
                    break
                word, vector = _entry(line, dimension, path, number)
                if word in words:
                    raise _broken(
                        path, number, "every word once", f"{word!r} again, first in line {words[word]}"
                    )
                words[word] = number
                rows.append(vector)
    except UnicodeDecodeError as error:
        raise FileFormatError(
            "the file is text in UTF-8",
            where=str(path),
            received=f"byte 0x{error.object[error.start]:02x}",
            fix="word2vec's binary format is another one: convert it to text first",
        ) from None
    except (gzip.BadGzipFile, EOFError) as error:
        raise FileFormatError(
            "the file is compressed by gzip, and whole", where=str(path), received=error
        ) from None
    if len(rows) < wanted:
        raise _broken(path, len(rows) + 1, f"{wanted} lines of words", f"the end after {len(rows)}")
    return WordVectors(tuple(words), np.stack(rows))


def download_word_vectors(
    url: str, sha256: str, *, limit: int | None = None, folder: str | Path | None = None
) -> WordVectors:
    """Word vectors from the network, kept for the next call.

    Args:
        url: of a file in word2vec's text format, for example one of fastText's ``.vec.gz``.
        sha256: of the file.
        limit: words to read at most; None reads all.
        folder: where it is kept; None takes :func:`course.data.cache_folder`.

    Raises:
        DownloadError: it is not here, and cannot be had or is another file.
        FileFormatError: the file breaks the format.
    """
    return read_word_vectors(download(url, sha256, folder=folder), limit)


def _open(path: Path, mode: str, compressed: bool) -> Any:
    opener = gzip.open if compressed else open
    # Only "\n" ends a line: words may hold the other characters that Unicode counts as line ends.
    return opener(path, mode, encoding="utf-8", newline="\n")


def _header(line: str, path: Path) -> tuple[int, int]:
    fields = line.split()
    if len(fields) != 2 or not all(field.isdecimal() and int(field) > 0 for field in fields):
        raise _broken(path, 1, '"words dimension", two positive integers', repr(line.rstrip("\n")[:60]))
    return int(fields[0]), int(fields[1])


def _entry(line: str, dimension: int, path: Path, number: int) -> tuple[str, np.ndarray]:
    # word2vec ends its lines with a blank.
    word, *fields = line.rstrip("\n").rstrip(" ").split(" ")
    if not word or len(fields) != dimension:
        shown = repr(line.rstrip("\n")[:40])
        raise _broken(
            path, number, f"a word and {dimension} numbers", f"{len(fields)} after the word in {shown}"
        )
    try:
        values = [float(field) for field in fields]
    except ValueError as error:
        raise _broken(path, number, "numbers after the word", str(error)) from None
    if not all(map(math.isfinite, values)):
        raise _broken(path, number, "finite numbers", f"NaN or infinity for {word!r}")
    return word, np.array(values, np.float32)


def _broken(path: Path, line: int, expected: str, received: str) -> FileFormatError:
    return FileFormatError(
        "not word2vec's text format", where=f"{path}, line {line}", expected=expected, received=received
    )
