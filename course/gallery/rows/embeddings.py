"""Skip-gram with negative sampling on a corpus of known law."""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure

from course.data import AnalogyCorpus, WordVectors, skip_gram_pairs
from course.data.analogies import PAIRS
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.models import SkipGram
from course.plotting import agreement, word_scatter


def _right(vectors: WordVectors, corpus: AnalogyCorpus) -> float:
    """Share of analogies whose first answer is the right one."""
    answers = [vectors.analogy(a, b, c)[0][0] == d for a, b, c, d in corpus.questions()]
    return float(np.mean(answers))


def run(fast: bool, seed: int) -> Shown:
    """Trains on sampled sentences, asks for analogies, and compares with the exact PMI."""
    keras.utils.set_random_seed(seed)
    corpus = AnalogyCorpus()
    sentences = corpus.sample(15_000 if fast else 60_000, np.random.default_rng(seed))
    pairs = skip_gram_pairs(sentences, corpus.length - 1)
    model = SkipGram(corpus.word_law(), dimension=16, negatives=5, seed=seed)
    untrained = _right(model.word_vectors(corpus.words), corpus)
    epochs, batch = (1, 1024) if fast else (4, 1024)
    rate = keras.optimizers.schedules.CosineDecay(0.03, epochs * len(pairs) // batch, alpha=0.02)
    model.compile(keras.optimizers.Adam(rate), jit_compile=False)
    model.fit(pairs, batch_size=batch, epochs=epochs, verbose=0)
    exact = corpus.pmi() - np.log(model.negatives)
    learnt = model.logits_table()
    error = float(np.sqrt(np.sum(corpus.pair_law() * (learnt - exact) ** 2)))
    spread = float(np.sqrt(np.sum(corpus.pair_law() * (exact - np.sum(corpus.pair_law() * exact)) ** 2)))
    vectors = model.word_vectors(corpus.words)
    right = _right(vectors, corpus)
    nouns = [noun for pair in PAIRS for noun in pair]
    figure = Figure(figsize=(5.5, 4.5), layout="constrained")
    word_scatter(vectors.matrix(nouns), nouns, figure.subplots(), arrows=PAIRS)
    scores = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = scores.subplots()
    agreement(
        exact.ravel(), learnt.ravel(), axes, xlabel="exact PMI − log k, nats", ylabel="learnt u·v, nats"
    )
    most = 0.3 if fast else 0.1
    return Shown(
        (
            Measure(
                "u·v of skip-gram against exact PMI − log k, root mean square over pairs",
                error,
                f"≤ {most}; the exact values' own std is {spread:.2f}",
                error <= most,
                "nats",
            ),
            Measure(
                "analogies answered, of 30",
                right,
                f"≥ 0.95; {untrained:.2f} before training",
                right >= 0.95,
            ),
        ),
        (
            Picture(
                "Nouns in the plane: the arrows from man to woman, king to queen, … are parallel.", figure
            ),
            Picture("What skip-gram learnt of each pair of words, against the exact value.", scores),
        ),
    )


EXHIBIT = Exhibit(
    name="embeddings",
    title="Word embeddings",
    module="course.models.embeddings",
    slides=(Slide("Ivanov", "Word embeddings"), Slide("Ivanov", "Embeddings demystified")),
    problem_set="ps04_sequences",
    run=run,
)
