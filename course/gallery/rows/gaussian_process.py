"""Wide networks become Gaussian processes: at which rate, and what one can do with the limit."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from course.gallery.exhibit import Exhibit, Measure, Picture, Shown, Slide
from course.models import ArcCosineKernel, deep_gp_draws, feature_kernel, gp_regression
from course.plotting import log_log_lines, predictive_band


def run(fast: bool, seed: int) -> Shown:
    """Measures the rate in the width, regresses with the limit's kernel, and draws from a deep process."""
    rng = np.random.default_rng(seed)
    rate, slope = _width_experiment(fast, rng)
    return Shown((slope, _coverage(fast, rng)), (rate, _regression_picture(rng), _deep(rng)))


def _width_experiment(fast: bool, rng: np.random.Generator) -> tuple[Picture, Measure]:
    x = rng.normal(size=(6, 3))
    widths = np.array([16, 32, 64, 128, 256] if fast else [8, 16, 32, 64, 128, 256, 512, 1024])
    networks = 80 if fast else 150
    depths = (1, 2)
    measured, exact, slopes = {}, {}, []
    for depth in depths:
        kernel = ArcCosineKernel(depth).matrix(x, x).numpy()
        errors = []
        for width in widths:
            drawn = [feature_kernel(x, int(width), rng=rng, depth=depth) for _ in range(networks)]
            errors.append(np.sqrt(np.mean((np.array(drawn) - kernel) ** 2)))
        name = f"{depth} hidden layer{'s' if depth > 1 else ''}"
        measured[name] = np.array(errors)
        # The wide end fixes the constant: narrow deep networks have a bias as well.
        exact[name] = errors[-1] * np.sqrt(widths[-1] / widths)
        slopes.append(np.polyfit(np.log(widths), np.log(errors), 1)[0])
    figure = Figure(figsize=(5.2, 3.8), layout="constrained")
    label = "root mean squared error of the covariance"
    axes = log_log_lines(widths, measured, exact, figure.subplots(), xlabel="width (units)", ylabel=label)
    axes.legend(["1 hidden layer", "2 hidden layers", "slope −½ through the widest"])
    worst = max(slopes, key=lambda slope: abs(slope + 0.5))
    return (
        Picture("A network's covariance nears the arc-cosine kernel at the rate of one over √width.", figure),
        Measure("slope of log error against log width", worst, "theory: −½, ± 0.1", abs(worst + 0.5) <= 0.1),
    )


def _function(x: np.ndarray) -> np.ndarray:
    return np.abs(x[:, 0]) - 0.5 * x[:, 0]


def _coverage(fast: bool, rng: np.random.Generator) -> Measure:
    kernel = ArcCosineKernel(2, bias_variance=0.5)
    inside = []
    # A set's share has a std of about 0.12: four standard errors are 0.06 of 60 sets and 0.04 of 150.
    sets, bound = (60, 0.06) if fast else (150, 0.04)
    for _ in range(sets):
        x = rng.uniform(-2, 2, size=(12, 1))
        # The truth is a draw of the prior: then the bands are calibrated, not approximately.
        new = rng.uniform(-2, 2, size=(30, 1))
        every = np.vstack([x, new])
        covariance = kernel.matrix(every, every).numpy() + 1e-9 * np.eye(len(every))
        f = np.linalg.cholesky(covariance) @ rng.normal(size=len(every))
        y = f[:12] + 0.2 * rng.normal(size=12)
        mean, std, _ = gp_regression(kernel, x, y, new, noise_variance=0.04)
        inside.append(np.mean(np.abs(f[12:] - mean) < 1.645 * std))
    share = float(np.mean(inside))
    return Measure("share of the truth inside 90 % bands", share, f"0.9 ± {bound}", abs(share - 0.9) <= bound)


def _regression_picture(rng: np.random.Generator) -> Picture:
    kernel = ArcCosineKernel(2, bias_variance=0.5)
    x = rng.uniform(-1.5, 1.5, size=(10, 1))
    y = _function(x) + 0.1 * rng.normal(size=10)
    line = np.linspace(-3, 3, 120)
    mean, std, _ = gp_regression(kernel, x, y, line[:, None], noise_variance=0.01)
    figure = Figure(figsize=(5.2, 3.6), layout="constrained")
    draws = mean + std * rng.normal(size=(500, 1))
    axes = predictive_band(line, draws, figure.subplots(), xlabel="x", ylabel="f(x)")
    axes.plot(x[:, 0], y, "ko", ms=3, label="training points")
    axes.legend()
    return Picture("Regression with the infinitely wide network: sure near the points, unsure away.", figure)


def _deep(rng: np.random.Generator) -> Picture:
    x = np.linspace(-3, 3, 150)
    values = deep_gp_draws(x, layers=3, draws=1, rng=rng, length_scale=0.6)
    figure = Figure(figsize=(5.2, 3.6), layout="constrained")
    axes = figure.subplots()
    for layer in range(3):
        axes.plot(x, values[layer, 0], label=f"{layer + 1} layer{'s' if layer else ''}")
    axes.set(xlabel="x", ylabel="f(x)")
    axes.legend()
    return Picture("A draw of a deep Gaussian process after each layer: flat here, steep there.", figure)


EXHIBIT = Exhibit(
    name="gaussian_process",
    title="Wide networks and Gaussian processes",
    module="course.models.gaussian_process",
    slides=(Slide("Damianou", "From NN to GP"),),
    problem_set="ps09_bayesian",
    run=run,
)
