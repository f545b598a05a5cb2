"""A convolutional autoencoder beside principal components, and the matrix of a transposed convolution."""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.decomposition import PCA

from course.data import digits
from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.layers import convolution_matrix
from course.models import ConvAutoencoder
from course.plotting import image_grid, signed_matrix

CODE = 4


def _adjoint_error(seed: int) -> float:
    """|⟨Ax, y⟩ − ⟨x, Aᵀy⟩| of Keras's two layers with one kernel, float64."""
    rng = np.random.default_rng(seed)
    down = keras.layers.Conv2D(3, 3, 2, "same", use_bias=False, dtype="float64")
    up = keras.layers.Conv2DTranspose(2, 3, 2, "same", use_bias=False, dtype="float64")
    x, y = rng.normal(size=(1, 8, 8, 2)), rng.normal(size=(1, 4, 4, 3))
    ax = down(x)
    up.build(y.shape)
    up.kernel.assign(down.kernel)
    return float(abs(np.vdot(ax, y) - np.vdot(x, up(y))))


def run(fast: bool, seed: int) -> Shown:
    """Trains with a code of four numbers and compares with as many principal components."""
    keras.utils.set_random_seed(seed)
    data = digits()
    flat, held_out = data.train_images.reshape(-1, 64), data.test_images.reshape(-1, 64)
    pca = PCA(CODE, random_state=0).fit(flat)
    linear = pca.inverse_transform(pca.transform(held_out))
    blank = float(np.mean((held_out - flat.mean(axis=0)) ** 2))
    pca_error = float(np.mean((held_out - linear) ** 2))
    model = ConvAutoencoder((8, 8, 1), CODE, filters=[16, 32], seed=seed)
    model.compile(keras.optimizers.Adam(3e-3), "mse", jit_compile=False)
    x = data.train_images[..., None]
    model.fit(x, x, epochs=4 if fast else 60, batch_size=64, verbose=0)
    rebuilt = model.predict_on_batch(data.test_images[..., None])[..., 0]
    error = float(np.mean((data.test_images - rebuilt) ** 2))
    bound = (blank, "the mean image") if fast else (pca_error, f"{CODE} principal components")
    adjoint = _adjoint_error(seed)

    rows = np.concatenate([data.test_images[:10], rebuilt[:10], linear.reshape(-1, 8, 8)[:10]])
    images, matrices = Figure((6.5, 2.4), layout="constrained"), Figure((9, 3.6), layout="constrained")
    image_grid(rows, images.subplots(), row_labels=["digit", "autoencoder", "PCA"])
    kernel = np.array([[1.0, 2.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -2.0, -1.0]])
    matrix = convolution_matrix(kernel, (6, 6))
    left, right = matrices.subplots(1, 2, width_ratios=[2, 1])
    signed_matrix(matrix, left, xlabel="input pixel (36)", ylabel="output pixel (16)")
    signed_matrix(matrix.T, right, xlabel="input pixel (16)", ylabel="output pixel (36)")
    left.set_title("convolution $A$")
    right.set_title("transposed convolution $A^T$")
    return Shown(
        (
            Measure(
                f"held-out squared error a pixel, code of {CODE}",
                error,
                f"< {bound[0]:.4f} of {bound[1]}",
                error < bound[0],
            ),
            Measure(
                "⟨Ax, y⟩ − ⟨x, Aᵀy⟩ of a convolution and its transposed one",
                adjoint,
                "≤ 1e-12, float64",
                adjoint <= 1e-12,
            ),
        ),
        (
            Picture("Held-out digits, and what four numbers keep of them.", images),
            Picture("A 3 by 3 convolution of a 6 by 6 image as a matrix, and its transpose.", matrices),
        ),
    )


EXHIBIT = Exhibit(
    name="autoencoder",
    title="Convolutional autoencoder",
    module="course.models.autoencoder",
    slides=(
        Slide("Ivanov", "Autoencoder"),
        Slide("Ivanov", '"Deconvolution"?'),
        Slide("Ivanov", "Transposed convolution"),
    ),
    problem_set="ps03_images",
    run=run,
)
