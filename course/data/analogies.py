"""A generated corpus in which man is to woman exactly as king is to queen."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np

from course.errors import ArgumentError, ShapeError
from course.validation import positive_int, probability

PAIRS = (
    ("man", "woman"),
    ("king", "queen"),
    ("uncle", "aunt"),
    ("actor", "actress"),
    ("duke", "duchess"),
    ("brother", "sister"),
)
"""Nouns that differ in gender alone."""

# What goes with the noun's kind, two words a pair, then with its gender.
_KINDS = (
    ("walk", "work"),
    ("throne", "crown"),
    ("nephew", "niece"),
    ("stage", "film"),
    ("castle", "estate"),
    ("twin", "sibling"),
)
_GENDERS = (("he", "his"), ("she", "her"))


class AnalogyCorpus:
    r"""Sentences of a noun and words that its kind or its gender asks for, of known law.

    ::

        sentence: a noun (kind k, gender g) and length − 1 others in random order, each with probability ½ one
            of the two words of k, else one of the two words of g
        then each place is drawn anew from the words' frequencies, with probability ``noise``
        PMI(w, c) = log p(w, c)/(p(w) p(c)) over two places of a sentence

    What is not noise depends on a noun's kind and on its gender, never on both at once, so that rows of the
    PMI matrix are sums: PMI(king, ·) − PMI(man, ·) + PMI(woman, ·) = PMI(queen, ·) exactly. Noise leaves no
    pair impossible, so that PMI is finite.

    Args:
        length: words of a sentence, ≥ 2.
        noise: in (0, 1).

    Raises:
        ArgumentError: an argument is outside its range.

    Example:
        >>> corpus = AnalogyCorpus()
        >>> corpus.sample(1000, np.random.default_rng(0)).shape, len(corpus.words)
        ((1000, 5), 28)
        >>> row = dict(zip(corpus.words, corpus.pmi()))
        >>> bool(np.allclose(row["king"] - row["man"] + row["woman"], row["queen"]))
        True
    """

    def __init__(self, length: int = 5, noise: float = 0.2) -> None:
        self.length = positive_int(length, "length")
        if self.length < 2:
            raise ArgumentError("a sentence has a pair of words", expected="length ≥ 2", received=length)
        self.noise = probability(noise, "noise")
        nouns = tuple(noun for pair in PAIRS for noun in pair)
        self.words = (*nouns, *(word for pair in (*_KINDS, *_GENDERS) for word in pair))
        place = {word: index for index, word in enumerate(self.words)}
        self._given = np.zeros((len(nouns), len(self.words)))
        for noun in range(len(nouns)):
            kind, gender = divmod(noun, 2)
            for word in (*_KINDS[kind], *_GENDERS[gender]):
                self._given[noun, place[word]] = 0.25

    def pair_law(self) -> np.ndarray:
        """Probability of a word and another of its sentence, in order.

        Returns:
            Float64, shape (words, words), symmetric, sum 1.
        """
        nouns, size = self._given.shape
        with_noun = np.zeros((size, size))
        with_noun[:nouns] = self._given / nouns
        without = self._given.T @ self._given / nouns
        # Of the ordered pairs of places a share of 1/length begins with the noun, and as many end with it.
        law = (with_noun + with_noun.T + (self.length - 2) * without) / self.length
        kept = (1 - self.noise) ** 2
        single = law.sum(axis=1)
        return kept * law + (1 - kept) * np.outer(single, single)

    def word_law(self) -> np.ndarray:
        """Frequency of each word, float64, shape (words,)."""
        return self.pair_law().sum(axis=1)

    def pmi(self) -> np.ndarray:
        """Pointwise mutual information of pairs, nats, shape (words, words)."""
        law, single = self.pair_law(), self.word_law()
        return np.log(law / np.outer(single, single))

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Sentences, as places in ``words``.

        Args:
            count: ≥ 1.
            rng: the randomness.

        Returns:
            Shape (count, length), int32.
        """
        nouns = rng.integers(len(self._given), size=positive_int(count, "count"))
        # Each noun asks for four words with the same probability.
        asked = np.argsort(-self._given, axis=1, kind="stable")[:, :4]
        others = asked[nouns[:, None], rng.integers(4, size=(count, self.length - 1))]
        sentences = rng.permuted(np.column_stack([nouns, others]), axis=1)
        anew = rng.choice(len(self.words), size=sentences.shape, p=self.word_law())
        return np.where(rng.random(sentences.shape) < self.noise, anew, sentences).astype(np.int32)

    def questions(self) -> list[tuple[str, str, str, str]]:
        """All (a, b, c, d) with a : b = c : d over two pairs of nouns."""
        return [(*one, *other) for one, other in permutations(PAIRS, 2)]


def skip_gram_pairs(sentences: Any, window: int) -> np.ndarray:
    """Each word with each other that stands at most ``window`` places from it in its sentence.

    Args:
        sentences: tokens, integers of shape (n, length), all of them words.
        window: ≥ 1.

    Returns:
        (word, context), integers, shape (pairs, 2).

    Raises:
        ShapeError: sentences are no rows of two words or more.
        ArgumentError: the window is not positive.

    Example:
        >>> skip_gram_pairs(np.array([[7, 8, 9]]), 1).tolist()
        [[7, 8], [8, 9], [8, 7], [9, 8]]

    Source:
        Mikolov et al. 2013, "Efficient Estimation of Word Representations in Vector Space", without their
        shortening of windows at random.
    """
    rows = np.asarray(sentences)
    if rows.ndim != 2 or not rows.size or rows.shape[1] < 2:
        raise ShapeError("a sentence has a pair of words", expected="(n, length ≥ 2)", received=rows.shape)
    steps = range(1, min(positive_int(window, "window"), rows.shape[1] - 1) + 1)
    ahead = [np.stack([rows[:, :-step], rows[:, step:]], axis=-1).reshape(-1, 2) for step in steps]
    forward = np.concatenate(ahead)
    return np.concatenate([forward, forward[:, ::-1]])
