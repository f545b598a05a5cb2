"""A VAE of sentences whose law is known: what its bound loses, and whether its latent says anything."""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure

from course.data import Grammar, english_grammar
from course.gallery.baselines import unigram_cross_entropy
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.models import SentenceVAE
from course.plotting import loss_curves, text_lines
from course.training import KLAnnealing, LinearAnnealing

BATCH = 100


def _train(
    grammar: Grammar, tokens: np.ndarray, epochs: int, seed: int, remedies: bool
) -> tuple[SentenceVAE, list[float]]:
    """A trained model, and the KL after each epoch."""
    keras.utils.set_random_seed(seed)
    model = SentenceVAE(len(grammar.vocabulary), 4, 24, 32, word_dropout=0.5 if remedies else 0.0, seed=seed)
    model.compile(keras.optimizers.Adam(5e-3), jit_compile=False)
    half = max(1, epochs * len(tokens) // BATCH // 2)
    callbacks = [KLAnnealing(LinearAnnealing(half))] if remedies else []
    history = model.fit(tokens, batch_size=BATCH, epochs=epochs, callbacks=callbacks, verbose=0)
    return model, history.history["kl"]


def run(fast: bool, seed: int) -> Shown:
    """Trains with KL annealing and word dropout, and (in full) without; compares with the exact entropy."""
    grammar = english_grammar(1 if fast else 4)
    tokens = grammar.sample_tokens(1500 if fast else 6000, np.random.default_rng(seed))
    model, kl = _train(grammar, tokens, 3 if fast else 14, seed, remedies=True)
    sentences, probabilities = grammar.sentences()
    draws, rows = (1, len(sentences)) if fast else (8, 512)
    bound = float(probabilities @ model.log_likelihood_bound(sentences, draws, rows))
    entropy = grammar.entropy()
    held = grammar.sample_tokens(500, np.random.default_rng(seed + 1000))
    unigram = unigram_cross_entropy(sentences, probabilities) - entropy
    limit = unigram if fast else 0.5
    measures = [
        Measure(
            "cross entropy bound less the exact entropy, over all sentences",
            -bound - entropy,
            f"≥ 0, as a bound must; ≤ {limit:.3g}; words drawn alone: {unigram:.3g}",
            0 <= -bound - entropy <= limit,
            "nats a sentence",
        ),
    ]
    curves = {"annealing and word dropout": kl}
    if not fast:
        # Only here: in fast mode β has hardly begun to rise.
        said = float(np.mean(model.elbo_terms(held).kl_to_prior))
        silent, curves["neither"] = _train(grammar, tokens, 14, seed, remedies=False)
        unsaid = float(np.mean(silent.elbo_terms(held).kl_to_prior))
        spoken, unit = "> 0.5: the latent speaks", "nats a sentence"
        measures += [
            Measure("KL(q(z|x) ‖ p(z)) with annealing and word dropout", said, spoken, said > 0.5, unit),
            Measure("KL(q(z|x) ‖ p(z)) with neither", unsaid, "< 0.1: collapsed", unsaid < 0.1, unit),
        ]
    figure = Figure(figsize=(5, 3.2), layout="constrained")
    loss_curves(curves, figure.subplots(), ylabel="KL, nats a sentence")
    return Shown(
        tuple(measures),
        (
            Picture("The KL in training: an LSTM left alone soon does without its latent.", figure),
            Picture(
                "Greedy sentences of nine latents on the line between those of two held-out sentences far "
                "apart. A latent that says little gives one sentence all along; none need be grammatical.",
                _path(model, grammar, held),
            ),
        ),
    )


def _path(model: SentenceVAE, grammar: Grammar, held: np.ndarray) -> Figure:
    means = np.asarray(model.encode(held)[0])
    # The two sentences whose latents are furthest apart along the direction of largest spread.
    centred = means - means.mean(axis=0)
    along = centred @ np.linalg.svd(centred, full_matrices=False)[2][0]
    ends = means[[along.argmin(), along.argmax()]]
    shares = np.linspace(0.0, 1.0, 9)
    z = (1.0 - shares[:, None]) * ends[0] + shares[:, None] * ends[1]
    lines = [" ".join(words) for words in grammar.vocabulary.decode(model.generate(z, held.shape[1]))]
    figure = Figure(figsize=(4.5, 3.2), layout="constrained")
    text_lines(
        lines, figure.subplots(), labels=[f"{share:.3g}" for share in shares], ylabel="share of the way"
    )
    return figure


EXHIBIT = Exhibit(
    name="sentence_vae",
    title="Sentence VAE",
    module="course.models.sentence_vae",
    slides=(Slide("Aziz", "Variational auto-encoder"), Slide("Aziz", "Example")),
    problem_set="ps07_vae",
    run=run,
)
