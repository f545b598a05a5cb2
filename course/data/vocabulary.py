"""Words and their numbers, with padding, start and end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from course.errors import ArgumentError, DtypeError, ShapeError

PAD, START, END = 0, 1, 2
"""Tokens of every vocabulary. Padding is 0, which is what ``mask_zero`` of Keras leaves out."""

SPECIAL = ("<pad>", "<s>", "</s>")


class Vocabulary:
    """A numbering of words: padding 0, start 1, end 2, then the words from 3.

    Args:
        words: all different, none empty and none of the three special ones.

    Raises:
        ArgumentError: a word stands twice, is empty or is special.

    Example:
        >>> vocabulary = Vocabulary(["cats", "sleep"])
        >>> vocabulary.encode([("cats", "sleep"), ("cats",)])
        array([[1, 3, 4, 2],
               [1, 3, 2, 0]], dtype=int32)
        >>> vocabulary.decode([[1, 3, 4, 2]])
        [('cats', 'sleep')]
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = (*SPECIAL, *words)
        self._tokens = {word: token for token, word in enumerate(self.words)}
        if len(self._tokens) != len(self.words) or "" in self._tokens:
            raise ArgumentError(
                f"words are different, not empty and none of {', '.join(SPECIAL)}",
                received=sorted({word for word in self.words if not word or self.words.count(word) > 1}),
            )

    def __len__(self) -> int:
        return len(self.words)

    def token(self, word: str) -> int:
        """The number of a word.

        Raises:
            ArgumentError: the word is unknown.
        """
        if word not in self._tokens:
            raise ArgumentError(
                "the word is in the vocabulary",
                expected=f"one of {len(self)} words",
                received=repr(word),
            )
        return self._tokens[word]

    def encode(self, sentences: Iterable[Sequence[str]], length: int | None = None) -> np.ndarray:
        """Sentences as rows of tokens: start, words, end, padding.

        Args:
            sentences: words without start and end; a string is a sentence of its letters.
            length: of a row; None takes that of the longest.

        Returns:
            Shape (n, length), int32.

        Raises:
            ArgumentError: a word is unknown, or there is no sentence.
            ShapeError: a sentence does not fit into ``length``.
        """
        rows = [[START, *map(self.token, sentence), END] for sentence in sentences]
        if not rows:
            raise ArgumentError("there is a sentence to encode", expected="at least one", received="none")
        longest = max(map(len, rows))
        if length is not None and longest > length:
            raise ShapeError(
                "a sentence fits into its row, with start and end",
                expected=f"at most {length} tokens",
                received=f"{longest} tokens",
                fix="give a larger length",
            )
        padded = np.full((len(rows), length or longest), PAD, np.int32)
        for place, row in zip(padded, rows, strict=True):
            place[: len(row)] = row
        return padded

    def decode(self, tokens: Any) -> list[tuple[str, ...]]:
        """The words of each row, up to its end if it has one; start and padding are left out.

        Args:
            tokens: shape (n, time), integers.

        Raises:
            ShapeError, DtypeError, ArgumentError: these are not tokens of this vocabulary.
        """
        sentences = []
        for row in token_rows(tokens, len(self)):
            ends = np.flatnonzero(row == END)
            kept = row[: ends[0]] if len(ends) else row
            sentences.append(tuple(self.words[token] for token in kept if token not in (PAD, START)))
        return sentences

    def check(self, tokens: Any, *, whole: bool = False) -> np.ndarray:
        """The tokens as an array, if they begin with the start and are all known.

        Args:
            tokens: shape (n, time), integers.
            whole: also each row has one end, and nothing but padding after it.

        Raises:
            ShapeError: not rows of tokens.
            DtypeError: not integers.
            ArgumentError: a token is unknown or stands where it may not.
        """
        rows = token_rows(tokens, len(self))
        if not np.all(rows[:, 0] == START):
            raise ArgumentError(
                f"a row begins with the start, {START}", received=f"first tokens {np.unique(rows[:, 0])}"
            )
        if whole:
            ended = np.cumsum(rows == END, axis=1)
            after = (ended - (rows == END)) > 0
            right = (ended[:, -1] == 1) & np.all((rows == PAD) == after, axis=1)
            right &= np.all(rows[:, 1:] != START, axis=1)
            if not right.all():
                bad = int(np.argmin(right))
                raise ArgumentError(
                    "a row is start, words, one end, and padding after it only",
                    where=f"row {bad}",
                    received=rows[bad].tolist(),
                )
        return rows


def token_rows(tokens: Any, size: int) -> np.ndarray:
    """The tokens as an array, if they are rows of integers in range.

    Args:
        tokens: shape (n, time), integers.
        size: of the vocabulary.

    Raises:
        ShapeError: not rows, or none.
        DtypeError: not integers.
        ArgumentError: a token is unknown.
    """
    rows = np.asarray(tokens)
    if rows.ndim != 2 or not rows.size:
        raise ShapeError("tokens stand in rows", expected="(n, time), not empty", received=rows.shape)
    if not np.issubdtype(rows.dtype, np.integer):
        raise DtypeError("tokens are integers", received=rows.dtype)
    if rows.min() < 0 or rows.max() >= size:
        raise ArgumentError(
            "every token is in the vocabulary",
            expected=f"0 to {size - 1}",
            received=f"{rows.min()} to {rows.max()}",
        )
    return rows
