# ---
# jupyter:
#   expected_gradient:
#     problem_set: ps05_estimators
#     title: Gradients of expectations
#     points: 12
#     manual_points: 2
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Problem set 5 · Gradients of expectations
# A neural network's loss is often an average over noise that the network itself shapes: latent codes, dropped units,
# sampled actions. To train it you need the gradient of that average, $\nabla_\theta\, \mathbb{E}_{z \sim p_\theta(z)}[f(z)]$,
# and there are two ways to estimate it from draws. Today you write both, watch them disagree in the one thing that
# matters, and repair the worse one.
#
# Four functions, 3 points each, and one question to answer in words, 2 points. Every function has a check that you can
# run as often as you like; it tells you what it sees, and often which slip would give exactly that. After
# hand-in the same checks run on other numbers.

# %%
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

from autograder import public_checks

check = public_checks("ps05_estimators", globals())

# %% [markdown]
# ## 1 · The score function on one example
# Start where the answer is known. Let $z \sim N(\theta, 1)$ and $f(z) = z^2$: then
# $\mathbb{E}[z^2] = \theta^2 + 1$, and the gradient is $2\theta$. The parameter sits in the *law* of $z$, so we cannot
# simply differentiate inside the average. The log-derivative identity $\nabla p = p\, \nabla \log p$ turns the gradient
# back into an expectation, which draws can estimate (Batra, "Option 1"; Aziz calls it the *score function estimator*;
# Williams 1992):
#
# $$\nabla_\theta\, \mathbb{E}_z[f(z)] = \mathbb{E}_z\big[f(z)\, \nabla_\theta \log p_\theta(z)\big], \qquad
# \nabla_\theta \log N(z; \theta, 1) = z - \theta .$$
#
# So one draw $z_i$ gives one estimate, $z_i^2\,(z_i - \theta)$. Return $n$ of them, without averaging: averages hide
# what we want to see.

# %% kind="solution" grade_id="draw_score_gradients"
def draw_score_gradients(theta, n):
    """Score-function estimates of the gradient of E[z²] with respect to θ, where z ~ N(θ, 1).

    Args:
        theta: mean θ of z, a float.
        n: number of draws, at least 1.

    Returns:
        Shape (n,), float32 or float64: one estimate a draw, not averaged. Every entry has noise of its own, and
        every call draws anew.
    """
    raise NotImplementedError("draw_score_gradients (ps05, part 1)")

# %% kind="check" points=3
check("draw_score_gradients")

# %% [markdown]
# Now look at what you have. The running average of your estimates should close in on $2\theta = 4$. One estimate has
# variance $\theta^4 + 14\theta^2 + 15 = 87$, so the average of $N$ of them should mostly stay inside $4 \pm 2\sqrt{87/N}$.

# %%
estimates = np.asarray(draw_score_gradients(2.0, 100_000))
count = np.arange(1, len(estimates) + 1)
band = 2 * np.sqrt(87 / count)

figure, axes = plt.subplots(figsize=(7, 3.5))
axes.fill_between(count, 4 - band, 4 + band, alpha=0.2, label=r"$4 \pm 2\sqrt{87/N}$")
axes.plot(count, np.cumsum(estimates) / count, label="your running average")
axes.set(xscale="log", xlabel="number of draws N", ylabel="estimate of the gradient", ylim=(-16, 24))
axes.legend()
plt.show()

# %% [markdown]
# *What the picture answers:* to make the band ten times narrower, how many times more draws do you need?

# %% [markdown]
# ## 2 · The score function, for a mean and a standard deviation
# The same identity works for any $f$, even one that you can only call: a simulator, a game, a program with an `if`. Only
# the log-density is differentiated, never $f$. Take $z \sim N(\mu, \sigma^2)$ and differentiate
#
# $$\log N(z; \mu, \sigma^2) = -\frac{(z-\mu)^2}{2\sigma^2} - \log\sigma - \tfrac12 \log 2\pi$$
#
# with respect to $\mu$ and to $\sigma$, *with $z$ held fixed*: it is a draw, a number. The two derivatives times $f(z)$
# are your two columns. To make the check exact we hand you the noise: $z = \mu + \sigma\epsilon$.
#
# Slides can slip, too. In the appendix on this method, Damianou's deck writes $p(D, w)$ where $\log p(D, w)$ is meant, as its
# own first line shows, and lets the sum run over $i$ while the draws are numbered by $k$.

# %% kind="solution" grade_id="score_function_gradient"
def score_function_gradient(f, mean, std, eps):
    """Score-function estimates of the gradient of E[f(z)] with respect to (mean, std), where z = mean + std·eps.

    Args:
        f: elementwise function of a float array or tensor of shape (n,); only call it.
        mean: μ, a float.
        std: σ, a float, > 0; a standard deviation, not a variance.
        eps: standard normal noise, float64 array of shape (n,).

    Returns:
        Shape (n, 2): columns d/dmean and d/dstd, one row a draw, not averaged.
    """
    raise NotImplementedError("score_function_gradient (ps05, part 2)")

# %% kind="check" points=3
check("score_function_gradient")

# %% [markdown]
# Where does the variance come from? Here is each of your estimates of $d/d\mu$ against the draw behind it, for $f(z) = z^2$ at
# $\mu = 2$, $\sigma = 1$. The dashed line is the true gradient, 4, that they average to.

# %%
eps = np.random.default_rng(5).normal(size=2_000)
columns = np.asarray(score_function_gradient(lambda z: z**2, 2.0, 1.0, eps))

figure, axes = plt.subplots(figsize=(7, 3.5))
axes.scatter(2.0 + eps, columns[:, 0], s=6, alpha=0.5, label="one draw")
axes.axhline(4.0, color="black", linestyle="--", label="true gradient")
axes.set(xlabel="draw z", ylabel=r"your estimate of $d/d\mu$")
axes.legend()
plt.show()

# %% [markdown]
# *What the picture answers:* which draws carry the average, and how many of the 2000 are they?

# %% [markdown]
# ## 3 · The pathwise gradient
# If $f$ can be differentiated, we can do better. Move the parameters out of the law and into the function: write the
# draw as $z = g(\mu, \sigma, \epsilon) = \mu + \sigma\epsilon$ with $\epsilon \sim N(0, 1)$, and differentiate *through* it
# (Kingma & Welling 2014, eq. 4; Batra, "Option 2"; Damianou, "Reparameterization gradient"):
#
# $$\frac{\partial}{\partial\theta}\, \mathbb{E}_\epsilon\big[f(g(\theta, \epsilon))\big]
# = \mathbb{E}_\epsilon\Big[\frac{\partial f}{\partial g}\, \frac{\partial g}{\partial\theta}\Big] .$$
#
# `tf.GradientTape` gives you $f'(z)$. Since $f$ acts on each entry by itself, the gradient of the whole array `f(z)`
# holds one slope a draw.

# %% kind="solution" grade_id="pathwise_gradient"
def pathwise_gradient(f, mean, std, eps):
    """Pathwise estimates of the gradient of E[f(z)] with respect to (mean, std), where z = mean + std·eps.

    Args:
        f: elementwise differentiable function of a float tensor of shape (n,).
        mean: μ, a float.
        std: σ, a float, > 0; a standard deviation, not a variance.
        eps: standard normal noise, float64 array of shape (n,).

    Returns:
        Shape (n, 2): columns d/dmean and d/dstd, one row a draw, not averaged.
    """
    raise NotImplementedError("pathwise_gradient (ps05, part 3)")

# %% kind="check" points=3
check("pathwise_gradient")

# %% [markdown]
# Both estimators average to the same gradient. Do they cost the same? Batra's deck measures the variance of an average of
# $N$ draws at $\theta = 2$, from 100 repetitions for each $N$. You do it with twice as many, and can hold the result against
# the exact lines: $87/N$ for the score function, $4/N$ for the pathwise gradient.

# %%
draws = np.array([10, 100, 1_000, 10_000])
repetitions = 200
generator = np.random.default_rng(7)
measured = np.zeros((2, len(draws)))
for position, size in enumerate(draws):
    eps = generator.normal(size=repetitions * size)
    for row, estimator in enumerate((score_function_gradient, pathwise_gradient)):
        per_draw = np.asarray(estimator(lambda z: z**2, 2.0, 1.0, eps))[:, 0]
        measured[row, position] = per_draw.reshape(repetitions, size).mean(axis=1).var(ddof=1)

deck = np.array([[6.453, 0.680, 0.0869, 0.0100], [0.460, 0.0427, 0.00334, 0.000517]])

figure, axes = plt.subplots(figsize=(7, 4.5))
for row, (name, variance) in enumerate((("score function", 87), ("pathwise", 4))):
    color = f"C{row}"
    axes.loglog(draws, variance / draws, color=color, label=f"{name}: exact, {variance}/N")
    axes.loglog(draws, measured[row], "o", color=color, label=f"{name}: yours")
    axes.loglog(draws, deck[row], "x", color=color, label=f"{name}: the deck's")
axes.set(xlabel="number of draws N", ylabel="variance of the average of N estimates")
axes.legend()
plt.show()

# %% [markdown]
# *What the picture answers:* how many score-function draws are worth one pathwise draw here? Read it off as a shift
# to the side.

# %% [markdown]
# ## 4 · A baseline that leaves one out
# The score function can be tamed. The mean of a score is zero, so a constant $b$ may be taken off the weights,
# $(f(z) - b)\, \nabla_\theta \log p_\theta(z)$, and the mean stays right. For $f(z) = z^2$ at $\theta = 2$ the
# variance becomes $87 - 14b + b^2$: from 87 down to 38 at the best $b = 7$.
#
# Which $b$? An average of $f$ over the batch comes for free. But if it includes the draw's own value, it is no
# constant to that draw any more, and the estimate shrinks to $(1 - 1/n)$ of the gradient. So give every draw
# the mean of the *others* (Mnih & Rezende 2016; Kool, van Hoof & Welling 2019):
#
# $$b_i = \frac{1}{n-1} \sum_{j \neq i} f(z_j) .$$

# %% kind="solution" grade_id="leave_one_out_baseline"
def leave_one_out_baseline(values):
    """For each value, the mean of all the other values.

    Args:
        values: float64 array of shape (n,), n >= 2.

    Returns:
        Shape (n,): entry i is the mean of the n − 1 values other than values[i].
    """
    raise NotImplementedError("leave_one_out_baseline (ps05, part 4)")

# %% kind="check" points=3
check("leave_one_out_baseline")

# %% [markdown]
# Two thousand batches of only $n = 4$ draws, three ways. The true gradient is 4.

# %%
z = 2.0 + np.random.default_rng(11).normal(size=(2_000, 4))
values, score = z**2, z - 2.0
own_mean = values.mean(axis=1, keepdims=True)
others_mean = np.array([np.asarray(leave_one_out_baseline(batch)) for batch in values])

figure, panels = plt.subplots(3, 1, figsize=(7, 6), sharex=True)
for axes, (name, baseline) in zip(
    panels, (("no baseline", 0.0), ("mean of all four", own_mean), ("mean of the other three", others_mean))
):
    batch_gradient = ((values - baseline) * score).mean(axis=1)
    axes.hist(batch_gradient, bins=np.linspace(-10, 30, 81))
    axes.axvline(4.0, color="black", linestyle="--", label="true gradient")
    axes.axvline(batch_gradient.mean(), color="C1", label=f"mean {batch_gradient.mean():.2f}")
    axes.set(ylabel="batches", title=f"{name}: variance {batch_gradient.var():.1f}")
    axes.legend()
panels[-1].set(xlabel="gradient estimated from one batch")
figure.tight_layout()
plt.show()

# %% [markdown]
# *What the picture answers:* which of the three has its mean in the wrong place, and where would a batch of $n = 40$ put it?

# %% [markdown]
# ## 5 · In your own words
# At $N = 10$ the deck prints a variance of 6.45 for the score function; the exact value is 8.7. In three or four sentences: is
# that a mistake in the deck's code? How could you tell? Then name one problem in which you would use the score function
# although its variance is larger, and say why.

# %% [markdown] kind="manual" grade_id="which_estimator" points=2
# YOUR ANSWER HERE
