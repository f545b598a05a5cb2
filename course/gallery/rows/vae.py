"""A variational autoencoder of digits with two latents, beside a linear model whose likelihood is exact."""

from __future__ import annotations

import keras
from matplotlib.figure import Figure

from course.data import digits
from course.gallery.baselines import independent_pixels_log_prob
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.models import dense_vae
from course.plotting import latent_manifold, manifold_grid


def run(fast: bool, seed: int) -> Shown:
    """Trains on binary digits and compares the weighted bound with independent pixels."""
    keras.utils.set_random_seed(seed)
    data = digits("binary")
    model = dense_vae((8, 8), 2, hidden=(64,), seed=seed)
    model.compile(keras.optimizers.Adam(3e-3), jit_compile=False)
    model.fit(data.train_images, epochs=8 if fast else 120, batch_size=64, verbose=0)
    bound = float(model.log_likelihood_bound(data.test_images, draws=64).mean())
    independent = independent_pixels_log_prob(data)
    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    latent_manifold(model.generate(manifold_grid(12)).numpy(), figure.subplots())
    return Shown(
        (
            Measure(
                "held-out bound on log p(x), k = 64 draws",
                bound,
                f"> {independent:.2f} nats of independent pixels",
                bound > independent,
                "nats an image",
            ),
        ),
        (Picture("The decoder's image at each point of the latent plane.", figure),),
    )


EXHIBIT = Exhibit(
    name="vae",
    title="Variational autoencoder",
    module="course.models.vae",
    slides=(
        Slide("Batra", "Variational Auto Encoders"),
        Slide("Ivanov", "Variational AutoEncoder (VAE)"),
    ),
    problem_set="ps07_vae",
    run=run,
    lecture="ps07_vae",
)
