from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from course.data import WordVectors, read_word_vectors
from course.errors import ArgumentError, FileFormatError, ShapeError


@pytest.mark.parametrize("name", ["tiny.vec", "tiny.vec.gz"])
def test_what_was_written_is_read_back_to_the_last_bit(
    name: str, tmp_path: Path, rng: np.random.Generator
) -> None:
    words = ("king", "reine", "n\u00e9e", "\u738b", "a\u0085b")
    written = WordVectors(words, rng.normal(size=(5, 3)) * 1e-3)
    written.save(tmp_path / name)
    read = read_word_vectors(tmp_path / name)
    assert read.words == words and [path.name for path in tmp_path.iterdir()] == [name]
    np.testing.assert_array_equal(read.vectors, written.vectors)
    assert read_word_vectors(tmp_path / name, limit=2).words == words[:2]


def test_word2vecs_own_lines_end_in_a_blank(tmp_path: Path) -> None:
    path = tmp_path / "tiny.vec"
    path.write_text("2 3\n</s> 0.1 -2 3e-1 \nof 1 2 3 \n")
    assert read_word_vectors(path)["of"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", r"tiny.vec, line 1: not word2vec's text format .expected \"words dimension\".*received ''"),
        (b"king 1 2\n", r"line 1: .*two positive integers.*'king 1 2'"),
        (b"0 2\n", "line 1: "),
        (b"2 2\nking 1 2\n", "line 2: .*2 lines of words, received the end after 1"),
        (b"1 2\nking 1 2\nqueen 1 2\n", "line 3: .*1 lines of words, as line 1 says, received one more"),
        (b"1 2\nking 1\n", "line 2: .*a word and 2 numbers, received 1 after the word in 'king 1'"),
        (b"1 2\nking 1 2 3\n", "line 2: .*received 3 after the word"),
        (b"2 2\nking 1 2\n\n", "line 3: .*a word and 2 numbers, received 0 after"),
        (b"1 2\nking 1 two\n", "line 2: .*numbers after the word.*'two'"),
        (b"1 2\nking 1 nan\n", "line 2: .*finite numbers, received NaN or infinity for 'king'"),
        (b"2 1\nking 1\nking 2\n", "line 3: .*every word once, received 'king' again, first in line 2"),
        (b"1 1\n\xff\xfe 1\n", "text in UTF-8 .received byte 0xff.; .*binary format is another"),
    ],
)
def test_a_malformed_line_is_named(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "tiny.vec"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=words):
        read_word_vectors(path)


@pytest.mark.parametrize("content", [b"1 1\nking 1\n", gzip.compress(b"9 1\n" + b"king 1\n" * 9)[:-12]])
def test_a_broken_compressed_file_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "tiny.vec.gz"
    path.write_bytes(content)
    with pytest.raises(
        FileFormatError, match=r"tiny.vec.gz: .*compressed by gzip, and whole|line 3: .*every word"
    ):
        read_word_vectors(path)


def test_neighbours_are_those_of_largest_cosine(rng: np.random.Generator) -> None:
    vectors = rng.normal(size=(6, 4))
    words = WordVectors(list("abcdef"), vectors)
    query = rng.normal(size=4)
    cosines = vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)
    best = np.argsort(-cosines)
    found = words.nearest(query, 3, leave_out=["abcdef"[best[0]]])
    assert [word for word, _ in found] == ["abcdef"[i] for i in best[1:4]]
    np.testing.assert_allclose([c for _, c in found], cosines[best[1:4]], atol=1e-5)


def test_a_zero_vector_is_nobodys_neighbour() -> None:
    words = WordVectors(["zero", "one"], [[0, 0], [-1, 1e-3]])
    assert [word for word, _ in words.nearest([-1, 0])] == ["one", "zero"]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: WordVectors(["a"], [[1.0], [2.0]]),
            ShapeError,
            r"every word has a vector.*\(1, dimension\).*\(2, 1\)",
        ),
        (lambda: WordVectors(["a", "a"], [[1.0], [2.0]]), ArgumentError, r"words are different.*\['a'\]"),
        (lambda: WordVectors(["a b"], [[1.0]]), ArgumentError, r"without blanks.*\['a b'\]"),
        (lambda: WordVectors(["a"], [[np.nan]]), ArgumentError, "vectors are finite.*1 NaN"),
        (lambda: WordVectors(["a"], [[1.0]])["b"], ArgumentError, "has a vector.*1 words.*'b'"),
        (lambda: WordVectors(["a"], [[1.0]]).nearest([1, 2]), ShapeError, r"\(1,\).*\(2,\)"),
        (lambda: WordVectors(["a"], [[1.0]]).nearest([1], 0), ArgumentError, "`count` is a positive"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call: object, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]
