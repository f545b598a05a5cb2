"""A few thousand English sentences with agreement in number and one topic each."""

from __future__ import annotations

from course.data.grammar import Grammar, Rule
from course.errors import ArgumentError
from course.validation import positive_int

_Words = tuple[str, ...]

# Nouns and verbs of each topic, singular and plural, then what the verbs take.
_TOPICS: tuple[tuple[str, _Words, _Words, _Words, _Words, _Words], ...] = (
    (
        "farm",
        ("cow", "goat", "horse"),
        ("cows", "goats", "horses"),
        ("eats", "smells", "finds"),
        ("eat", "smell", "find"),
        ("grass", "hay", "clover"),
    ),
    (
        "kitchen",
        ("cook", "baker", "waiter"),
        ("cooks", "bakers", "waiters"),
        ("serves", "tastes", "makes"),
        ("serve", "taste", "make"),
        ("soup", "bread", "cake"),
    ),
    (
        "sea",
        ("sailor", "captain", "diver"),
        ("sailors", "captains", "divers"),
        ("watches", "crosses", "fears"),
        ("watch", "cross", "fear"),
        ("waves", "storms", "reefs"),
    ),
    (
        "school",
        ("pupil", "teacher", "tutor"),
        ("pupils", "teachers", "tutors"),
        ("reads", "writes", "explains"),
        ("read", "write", "explain"),
        ("poems", "proofs", "maps"),
    ),
)

TOPICS = tuple(topic[0] for topic in _TOPICS)

_SHARES = (0.5, 0.3, 0.2)
_ADJECTIVES = ("old", "young", "happy", "quiet")


def english_grammar(topics: int = 4) -> Grammar:
    """Sentences such as "the old cows eat grass today".

    A determiner, perhaps an adjective, a noun, a verb, perhaps an object, perhaps an adverb. The verb has the
    noun's number, and verb and object belong to the noun's topic: what a model must remember over several
    words.

    Args:
        topics: 1 to 4: farm, kitchen, sea, school, equally probable.

    Returns:
        A grammar of ``2160·topics`` sentences of at most 7 tokens with the end.

    Raises:
        ArgumentError: ``topics`` is not between 1 and 4.

    Example:
        >>> grammar = english_grammar()
        >>> tokens, probabilities = grammar.sentences()
        >>> tokens.shape, round(float(probabilities.sum()), 12)
        ((8640, 8), 1.0)
        >>> round(grammar.entropy(), 3), len(grammar.vocabulary)
        (8.165, 72)
    """
    if positive_int(topics, "topics") > len(_TOPICS):
        raise ArgumentError("there are four topics", expected="1 to 4", received=f"topics={topics}")
    rules = {
        "determiner": [
            Rule("a", 0.3, "one"),
            Rule("the", 0.4, "any"),
            Rule("many", 0.3, "more"),
        ]
    }
    chosen = _TOPICS[:topics]
    for number, kinds in (("one", "s"), ("any", "sp"), ("more", "p")):
        nouns = []
        for topic, one, more, *_ in chosen:
            for kind in kinds:
                for word, share in zip(one if kind == "s" else more, _SHARES, strict=True):
                    nouns.append(Rule(word, share / (topics * len(kinds)), f"verb {topic} {kind}"))
        rules[f"noun {number}"] = nouns
        adjectives = [Rule(word, 0.1, f"noun {number}") for word in _ADJECTIVES]
        # A noun at once, with probability 0.6, or an adjective before it.
        rules[number] = adjectives + [Rule(r.word, 0.6 * r.probability, r.then) for r in nouns]
    adverbs = [Rule("today", 0.2, "end"), Rule("again", 0.1, "end"), Rule("", 0.7)]
    for topic, _, _, ones, mores, objects in chosen:
        for kind, verbs in (("s", ones), ("p", mores)):
            rules[f"verb {topic} {kind}"] = [
                Rule(word, share, f"object {topic}") for word, share in zip(verbs, _SHARES, strict=True)
            ]
        rules[f"object {topic}"] = [
            Rule(word, 0.8 * share, "adverb") for word, share in zip(objects, _SHARES, strict=True)
        ] + [Rule(r.word, 0.2 * r.probability, r.then) for r in adverbs]
    return Grammar({**rules, "adverb": adverbs, "end": [Rule("", 1.0)]})
