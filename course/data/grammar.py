"""Sentences of a grammar whose law is known: the exact probability of each, and the exact entropy of all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

import numpy as np

from course.data.vocabulary import END, Vocabulary
from course.errors import ArgumentError
from course.validation import positive_int

Sentence = tuple[str, ...]


class Rule(NamedTuple):
    """One choice that a state of the grammar has: it writes a word and goes on, or ends the sentence.

    Args:
        word: to be written; empty ends the sentence.
        probability: of the choice, in (0, 1].
        then: the next state; empty where the sentence ends.
    """

    word: str
    probability: float
    then: str = ""


class Grammar:
    r"""A regular grammar with probabilities, in which a sentence has one derivation only.

    ::

        log p(x) = Σ_t log p(x_t | s_t),   s_{t+1} = then(s_t, x_t),   the end being the last x_t
        H[x] = Σ_s n_s·H[p(·|s)],   n = (I − Qᵀ)⁻¹ e_start

    n_s is how often a sentence visits the state s, and Q_{ss'} the probability of going from s to s'. No two
    choices of a state write the same word, so that the words say the states: the entropy of sentences is that
    of derivations.

    Args:
        rules: the choices of each state; probabilities of a state sum to 1.
        start: the first state; None takes the first that ``rules`` names.

    Raises:
        ArgumentError: a state has no choices, two for one word, or probabilities that do not sum to 1; a
            choice names an unknown state; or a state never comes to an end.

    Example:
        >>> coin = Grammar({"S": [Rule("ha", 0.5, "S"), Rule("", 0.5)]})
        >>> tokens = coin.vocabulary.encode([("ha", "ha")])
        >>> round(float(np.exp(coin.log_prob(tokens)[0])), 12)
        0.125
        >>> round(coin.entropy() / math.log(2), 12), round(coin.expected_tokens(), 12)
        (2.0, 2.0)

    Source:
        Grenander 1976, "Pattern Synthesis", for the entropy of a stochastic grammar; the matrix inverse is
        the fundamental matrix of an absorbing Markov chain (Kemeny & Snell 1960, theorem 3.2.4).
    """

    def __init__(self, rules: Mapping[str, Sequence[Rule]], start: str | None = None) -> None:
        if not rules:
            raise ArgumentError("a grammar has states", expected="{state: choices}", received="none")
        self.rules = {state: tuple(Rule(*rule) for rule in choices) for state, choices in rules.items()}
        self.start = next(iter(self.rules)) if start is None else start
        if self.start not in self.rules:
            raise ArgumentError("the first state has rules", expected=list(self.rules), received=self.start)
        for state, choices in self.rules.items():
            self._check(state, choices)
        words = {rule.word for choices in self.rules.values() for rule in choices if rule.word}
        self.vocabulary = Vocabulary(sorted(words))
        self._visits = self._expected_visits()

    def _check(self, state: str, choices: tuple[Rule, ...]) -> None:
        where = f"rules[{state!r}]"
        words = [rule.word for rule in choices]
        if not words or len(set(words)) != len(words):
            raise ArgumentError(
                "a state has choices, each with a word of its own", where=where, received=f"words {words}"
            )
        if not all(rule.probability > 0 for rule in choices) or not math.isclose(
            sum(rule.probability for rule in choices), 1.0, abs_tol=1e-9
        ):
            raise ArgumentError(
                "probabilities are positive and sum to 1",
                where=where,
                expected=1,
                received=[rule.probability for rule in choices],
            )
        for rule in choices:
            if rule.word and rule.then not in self.rules:
                raise ArgumentError(
                    "a word leads to a state that has rules",
                    where=where,
                    expected=f"one of {list(self.rules)}",
                    received=f"{rule.word!r} → {rule.then!r}",
                )
            if not rule.word and rule.then:
                raise ArgumentError(
                    "nothing follows the end", where=where, expected="then=''", received=rule.then
                )

    def _expected_visits(self) -> np.ndarray:
        ending = {""}
        while True:
            more = {
                state for state, choices in self.rules.items() if any(rule.then in ending for rule in choices)
            }
            if more <= ending:
                break
            ending |= more
        endless = sorted(set(self.rules) - ending)
        if endless:
            raise ArgumentError("every state can come to an end", received=f"no way out of {endless}")
        place = {state: index for index, state in enumerate(self.rules)}
        transitions = np.zeros((len(place), len(place)))
        for state, choices in self.rules.items():
            for rule in choices:
                if rule.word:
                    transitions[place[state], place[rule.then]] += rule.probability
        first = np.eye(len(place))[place[self.start]]
        return np.linalg.solve(np.eye(len(place)) - transitions.T, first)

    def sample(self, count: int, rng: np.random.Generator) -> list[Sentence]:
        """Independent sentences.

        Args:
            count: ≥ 1.
            rng: the randomness.
        """
        laws = {
            state: np.cumsum([rule.probability for rule in choices]) for state, choices in self.rules.items()
        }
        sentences = []
        for _ in range(positive_int(count, "count")):
            words: list[str] = []
            state = self.start
            while True:
                # Rounding may leave the last sum below 1.
                at = min(int(np.searchsorted(laws[state], rng.random(), "right")), len(laws[state]) - 1)
                rule = self.rules[state][at]
                if not rule.word:
                    break
                words.append(rule.word)
                state = rule.then
            sentences.append(tuple(words))
        return sentences

    def sample_tokens(self, count: int, rng: np.random.Generator, length: int | None = None) -> np.ndarray:
        """Independent sentences as padded rows of tokens.

        Args:
            count: ≥ 1.
            rng: the randomness.
            length: of a row, start and end included; None takes :meth:`max_tokens` plus the start where
                sentences are bounded, and the longest drawn elsewhere.

        Returns:
            Shape (count, length), int32: start, words, end, padding.

        Raises:
            ShapeError: a sentence is longer.
        """
        if length is None and self.is_finite:
            length = self.max_tokens() + 1
        return self.vocabulary.encode(self.sample(count, rng), length)

    def next_probabilities(self, tokens: Any) -> np.ndarray:
        """The law of the next token at every place.

        Args:
            tokens: shape (n, time), integers that begin with the start.

        Returns:
            Shape (n, time, vocabulary), float64: after reading the tokens up to and with that place. After
            the end, and after words that the grammar cannot write, all zero.

        Raises:
            ShapeError: not rows of tokens.
            ArgumentError: a token is unknown, or a row does not begin with the start.
        """
        rows = self.vocabulary.check(tokens)
        laws = np.zeros((*rows.shape, len(self.vocabulary)))
        steps = {
            state: {self.vocabulary.token(rule.word) if rule.word else END: rule for rule in choices}
            for state, choices in self.rules.items()
        }
        for row, law in zip(rows, laws, strict=True):
            state = self.start
            for time in range(len(row)):
                if time:
                    rule = steps[state].get(int(row[time]))
                    if rule is None or not rule.word:
                        break
                    state = rule.then
                for token, choice in steps[state].items():
                    law[time, token] = choice.probability
        return laws

    def log_prob(self, tokens: Any) -> np.ndarray:
        """Exact log probability of each sentence, the end included.

        Args:
            tokens: shape (n, time), integers: start, words, end, padding.

        Returns:
            Nats, float64, shape (n,); −∞ for what the grammar cannot write.

        Raises:
            ShapeError: not rows of tokens.
            ArgumentError: a token is unknown; a row does not begin with the start, has no end or two, or goes
                on after it.
        """
        rows = self.vocabulary.check(tokens, whole=True)
        laws = self.next_probabilities(rows)
        picked = np.take_along_axis(laws[:, :-1], rows[:, 1:, None].astype(np.int64), axis=2)[..., 0]
        with np.errstate(divide="ignore"):
            return np.sum(np.log(picked), axis=1, where=rows[:, 1:] != 0)

    def entropy(self) -> float:
        """Exact entropy of a sentence, nats."""
        each = [-sum(r.probability * math.log(r.probability) for r in rules) for rules in self.rules.values()]
        return float(self._visits @ np.array(each))

    def entropy_per_token(self) -> float:
        """Exact entropy of a sentence by the expected number of its tokens, nats a token.

        The logarithm of the least perplexity that a language model can have.
        """
        return self.entropy() / self.expected_tokens()

    def expected_tokens(self) -> float:
        """Expected number of words and end of a sentence: every visit to a state writes one token."""
        return float(self._visits.sum())

    @property
    def is_finite(self) -> bool:
        """Whether the grammar has no loops, so that its sentences can be listed."""
        try:
            list(TopologicalSorter(self._graph()).static_order())
        except CycleError:
            return False
        return True

    def max_tokens(self) -> int:
        """Words and end of the longest sentence.

        Raises:
            ArgumentError: sentences have no longest one.
        """
        graph = self._graph()
        try:
            order = list(TopologicalSorter(graph).static_order())
        except CycleError:
            raise ArgumentError(
                "sentences of a grammar with a loop have no bound", received=f"states {list(self.rules)}"
            ) from None
        longest = {"": 0}
        for state in order:
            if state:
                longest[state] = 1 + max(longest[follower] for follower in graph[state])
        return longest[self.start]

    def _graph(self) -> dict[str, set[str]]:
        return {state: {rule.then for rule in choices} for state, choices in self.rules.items()}

    def sentences(self) -> tuple[np.ndarray, np.ndarray]:
        """Every sentence, with its probability.

        Returns:
            Tokens of shape (n, max_tokens + 1), int32, and probabilities of shape (n,), float64, sum 1.

        Raises:
            ArgumentError: there is no end of them.
        """
        length = self.max_tokens() + 1
        found = list(self._walk(self.start, (), 1.0))
        tokens = self.vocabulary.encode([sentence for sentence, _ in found], length)
        return tokens, np.array([probability for _, probability in found])

    def _walk(self, state: str, words: Sentence, probability: float) -> Iterator[tuple[Sentence, float]]:
        for rule in self.rules[state]:
            p = probability * rule.probability
            if rule.word:
                yield from self._walk(rule.then, (*words, rule.word), p)
            else:
                yield words, p
