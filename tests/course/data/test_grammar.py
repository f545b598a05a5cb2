from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare, geom

from course.data import Grammar, Rule, Vocabulary, english_grammar
from course.errors import ArgumentError, DtypeError, ShapeError

LAUGH = Grammar({"S": [Rule("ha", 0.75, "S"), Rule("", 0.25)]})


@pytest.fixture(scope="module")
def english() -> Grammar:
    return english_grammar()


def test_a_loop_has_the_entropy_and_the_length_of_the_geometric_law() -> None:
    law = geom(0.25)
    assert LAUGH.entropy() == pytest.approx(float(law.entropy()), rel=1e-6)  # SciPy sums a series
    assert LAUGH.expected_tokens() == pytest.approx(law.mean(), rel=1e-12)
    tokens = LAUGH.vocabulary.encode([("ha",) * n for n in range(9)])
    np.testing.assert_allclose(LAUGH.log_prob(tokens), law.logpmf(np.arange(1, 10)), rtol=1e-12)
    assert not LAUGH.is_finite
    with pytest.raises(ArgumentError, match=r"a loop have no bound.*'S'"):
        LAUGH.sentences()


def test_entropy_and_length_are_those_of_all_sentences(english: Grammar) -> None:
    tokens, probabilities = english.sentences()
    assert len(np.unique(tokens, axis=0)) == len(tokens) == 8640
    assert probabilities.sum() == pytest.approx(1, abs=1e-12)
    entropy = -np.sum(probabilities * np.log(probabilities))
    assert english.entropy() == pytest.approx(entropy, rel=1e-12)
    length = probabilities @ (tokens[:, 1:] != 0).sum(axis=1)
    assert english.expected_tokens() == pytest.approx(length, rel=1e-12)
    assert english.entropy_per_token() == pytest.approx(entropy / length, rel=1e-12)
    np.testing.assert_allclose(english.log_prob(tokens), np.log(probabilities), rtol=1e-12)
    assert english.max_tokens() == 7 == (tokens[:, 1:] != 0).sum(axis=1).max()


def test_sentences_come_as_often_as_they_are_probable(english: Grammar, rng: np.random.Generator) -> None:
    count = 20_000
    drawn = english.sample_tokens(count, rng)
    assert drawn.shape == (count, 8) and drawn.dtype == np.int32
    assert np.isfinite(english.log_prob(drawn)).all()
    everything, probabilities = english.sentences()
    # 60 groups of near equal probability, cut by their place in the list: 333 expected in each. Groups 10 %
    # too frequent or too rare raise the mean statistic from 59 to 259, five of its standard deviations above
    # the critical 109; false alarm 1e-4.
    place = {tuple(row): index for index, row in enumerate(everything.tolist())}
    group = np.minimum((np.cumsum(probabilities) * 60).astype(int), 59)
    seen = np.bincount(group[[place[tuple(row)] for row in drawn.tolist()]], minlength=60)
    expected = np.bincount(group, probabilities) * count
    assert chisquare(seen, expected * seen.sum() / expected.sum()).pvalue > 1e-4


def test_what_the_grammar_cannot_write_has_probability_zero(english: Grammar) -> None:
    good, number, topic = english.vocabulary.encode(
        [
            ("many", "old", "cows", "eat", "hay"),
            ("many", "old", "cows", "eats", "hay"),
            ("a", "cow", "eats", "soup"),
        ]
    )
    log_prob = english.log_prob([good, number, topic])
    # 0.3 many · 0.1 old · (¼ · 0.5 cows) · 0.5 eat · (0.8 · 0.3 hay) · 0.7 end
    assert log_prob[0] == pytest.approx(np.log(0.3 * 0.1 * 0.125 * 0.5 * 0.24 * 0.7), rel=1e-12)
    assert log_prob[1:].tolist() == [-np.inf, -np.inf]


def test_the_next_words_law_is_the_ratio_of_prefix_probabilities(english: Grammar) -> None:
    tokens, probabilities = english.sentences()
    row = english.vocabulary.encode([("the", "young", "pupils", "read")], 8)
    laws = english.next_probabilities(row)[0]
    for time in range(5):
        starts = np.all(tokens[:, : time + 1] == row[0, : time + 1], axis=1)
        follow = np.bincount(tokens[starts, time + 1], probabilities[starts], len(english.vocabulary))
        np.testing.assert_allclose(laws[time], follow / follow.sum(), atol=1e-12)
    assert not laws[5:].any()


def test_fewer_topics_have_fewer_sentences() -> None:
    sizes = [len(english_grammar(topics).sentences()[1]) for topics in (1, 2)]
    assert sizes == [2160, 4320]
    with pytest.raises(ArgumentError, match=r"four topics.*1 to 4.*topics=5"):
        english_grammar(5)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({}, "a grammar has states.*received none"),
        ({"S": []}, r"rules\['S'\]: a state has choices"),
        ({"S": [Rule("a", 0.5, "S"), Rule("a", 0.5, "S")]}, r"each with a word of its own.*\['a', 'a'\]"),
        ({"S": [Rule("a", 0.5, "S"), Rule("", 0.6)]}, r"sum to 1.*received \[0.5, 0.6\]"),
        ({"S": [Rule("a", 1.5, "S"), Rule("", -0.5)]}, "probabilities are positive"),
        ({"S": [Rule("a", 1.0, "T")]}, r"leads to a state that has rules.*\['S'\].*'a' → 'T'"),
        ({"S": [Rule("", 1.0, "S")]}, "nothing follows the end.*received S"),
        ({"S": [Rule("", 0.5), Rule("a", 0.5, "T")], "T": [Rule("a", 1.0, "T")]}, r"no way out of \['T'\]"),
    ],
)
def test_a_grammar_that_is_none_is_refused(rules: dict[str, list[Rule]], words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        Grammar(rules)


def test_an_unknown_first_state_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"first state has rules.*\['S'\].*received T"):
        Grammar({"S": [Rule("", 1.0)]}, start="T")


def test_a_vocabulary_reads_back_what_it_wrote() -> None:
    vocabulary = Vocabulary(["b", "a"])
    sentences = [("a", "b", "a"), (), ("b",)]
    rows = vocabulary.encode(sentences, 6)
    assert rows.tolist() == [[1, 4, 3, 4, 2, 0], [1, 2, 0, 0, 0, 0], [1, 3, 2, 0, 0, 0]]
    assert vocabulary.decode(rows) == sentences
    assert vocabulary.decode(rows[:, :3]) == [("a", "b"), (), ("b",)]
    np.testing.assert_array_equal(vocabulary.check(rows, whole=True), rows)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda v: Vocabulary(["a", "a"]), ArgumentError, r"words are different.*\['a'\]"),
        (lambda v: Vocabulary(["<s>"]), ArgumentError, r"none of <pad>, <s>, </s>.*\['<s>'\]"),
        (lambda v: v.token("c"), ArgumentError, "in the vocabulary.*received 'c'"),
        (lambda v: v.encode([]), ArgumentError, "a sentence to encode.*received none"),
        (lambda v: v.encode(["ab"], 3), ShapeError, "fits into its row.*at most 3.*4 tokens.*give a larger"),
        (lambda v: v.decode([1, 2]), ShapeError, r"tokens stand in rows.*\(2,\)"),
        (lambda v: v.decode([[1.0, 2.0]]), DtypeError, "tokens are integers.*float64"),
        (lambda v: v.decode([[1, 5]]), ArgumentError, "in the vocabulary.*0 to 4.*1 to 5"),
        (lambda v: v.check([[3, 2]]), ArgumentError, r"begins with the start, 1.*\[3\]"),
        (lambda v: v.check([[1, 3]], whole=True), ArgumentError, r"row 0: a row is start.*\[1, 3\]"),
        (lambda v: v.check([[1, 2, 3]], whole=True), ArgumentError, "padding after it only"),
        (lambda v: v.check([[1, 0, 2]], whole=True), ArgumentError, "padding after it only"),
        (lambda v: v.check([[1, 2], [1, 1]], whole=True), ArgumentError, "row 1: "),
    ],
)
def test_what_are_no_tokens_is_refused_in_words(call: object, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        call(Vocabulary(["a", "b"]))  # type: ignore[operator]
