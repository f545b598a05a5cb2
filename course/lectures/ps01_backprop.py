# ---
# jupyter:
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
# # Lecture 1 · Composition, loss, and the way back
# After A. Damianou, *Introduction to deep learning* (Royal Statistical Society, 2018), from "Hierarchical function
# definitions" to "Vanishing and exploding gradients". Problem set 1 has you write all of it; here we look at why it is
# as it is, and at the places where the slides slip.

# %%
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf

# %% [markdown]
# ## Hierarchical functions
# The deck: a network is a composition, $\mathbf{h}_1 = \phi(\mathbf{x}\mathbf{w}_1 + b_1)$,
# $\mathbf{h}_2 = \phi(\mathbf{h}_1\mathbf{w}_2 + b_2)$, and so on. Why compose, and not add? A layer of two ReLUs
# can fold the unit interval once. Composed with itself it folds what is folded already: $k$ layers make $2^k$
# straight pieces with $2k$ units, where one layer would need about $2^k$ (Montúfar et al. 2014).


# %%
def fold(t):
    """Up from 0 to 1 and down again, by two ReLUs."""
    return 2 * np.maximum(t, 0) - 4 * np.maximum(t - 0.5, 0)


t = np.linspace(0, 1, 1025)
figure, panels = plt.subplots(1, 3, figsize=(10, 2.6), sharey=True)
for axes, layers in zip(panels, (1, 2, 5), strict=True):
    h = t
    for _ in range(layers):
        h = fold(h)
    axes.plot(t, h)
    axes.set(xlabel="x", ylabel="output", title=f"{layers} layers, {2**layers} pieces")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## The loss
# The first version of the slides offers "softmax (regression) or cross-entropy (classification)" as the usual losses. Softmax is
# no loss but the map from logits to probabilities; the second version has the squared difference in its place.
#
# A loss is a claim about noise. Minus the logarithm of $N(y; h, 1)$ is $\tfrac12(h-y)^2$ plus a constant; minus that of a
# Laplace density is $|h-y|$ plus a constant. The claim matters: with one wild observation the first follows it,
# the second does not.

# %%
observations = np.array([0.8, 0.9, 1.0, 1.1, 1.3, 6.0])
candidates = np.linspace(0, 4, 401)
figure, axes = plt.subplots(figsize=(7, 3))
for name, power in (("squares: Gaussian noise", 2), ("sizes: Laplace noise", 1)):
    loss = (np.abs(candidates[:, None] - observations) ** power / power).mean(axis=1)
    axes.plot(candidates, loss, label=f"{name}, least at {candidates[loss.argmin()]:.2f}")
axes.set(xlabel="one prediction h for all observations", ylabel="loss")
axes.legend()
plt.show()

# %% [markdown]
# ## Softmax and cross-entropy
# For classes, $p_k = e^{z_k}/\sum_j e^{z_j}$ and the loss $-\log p_y$. Two things go wrong in practice. In double
# precision $e^z$ overflows from $z \approx 709.8$ on; subtracting the largest logit changes no $p_k$ and no exponent
# is positive any more (Blanchard, Higham & Higham 2021). And a softmax layer followed by a loss that applies softmax itself is not
# an error message but a floor: probabilities are at most 1, so that the second softmax cannot go below
# $\log(1 + (K-1)/e)$, however certain the network is.

# %%
print(f"the largest float is exp({np.log(np.finfo(float).max):.2f})")
classes = 10
confidence = np.linspace(0, 15, 100)
once = np.log1p((classes - 1) * np.exp(-confidence))
p_right = 1 / (1 + (classes - 1) * np.exp(-confidence))
p_other = (1 - p_right) / (classes - 1)
twice = np.log1p((classes - 1) * np.exp(p_other - p_right))
figure, axes = plt.subplots(figsize=(7, 3))
axes.plot(confidence, once, label="softmax once")
axes.plot(confidence, twice, label="softmax twice")
axes.axhline(np.log1p((classes - 1) / np.e), color="black", linestyle="--", label="log(1 + (K − 1)/e) = 1.46")
axes.set(xlabel="lead of the right class's logit", ylabel="cross-entropy, K = 10")
axes.legend()
plt.show()

# %% [markdown]
# At a lead of zero both are $\log 10$: a test with equal logits cannot see the difference.
#
# ## Priors
# "Training minimising loss" and "maximising posterior probability" are one: fit plus regulariser is
# $-\log p(\mathbf{y} \mid \mathbf{x}, \mathbf{w}) - \log p(\mathbf{w})$ times $\sigma^2$. The slide writes the regulariser
# $\lambda \sum_i \lVert \mathbf{w}_i \rVert$ beside $p(\mathbf{w}) \sim$ Laplace. That is right when each $w_i$ is a number: $|w_i|$ with
# $\lambda = \sigma^2/s$. With vectors $\mathbf{w}_i$, an unsquared norm switches whole vectors off at once (the group lasso, Yuan & Lin
# 2006), and a Gaussian prior has the norm *squared*. One number decides what each does:

# %%
likely = np.linspace(-3, 3, 301)
figure, axes = plt.subplots(figsize=(7, 3.2))
axes.plot(likely, likely, "k:", label="no prior")
axes.plot(likely, likely / 2, label=r"Gaussian: least of ½(w − a)² + ½w²")
axes.plot(likely, np.sign(likely) * np.maximum(np.abs(likely) - 1, 0), label="Laplace: least of ½(w − a)² + |w|")
axes.set(xlabel="a, what the data alone would say", ylabel="MAP estimate of w")
axes.legend()
plt.show()

# %% [markdown]
# The Gaussian halves everything and zeroes nothing; the Laplace takes the same amount off everything and zeroes what is small.
#
# ## The chain rule
# "Single layer": $L = \tfrac12(h-y)^2$ with $h = \phi(xw)$, and the slide continues with
# $\partial L/\partial w = (y - h)\, \partial\phi(xw)/\partial w$. Do not believe slides; ask the numbers.

# %%
x_one, y_one, w_one, step = 1.2, -0.4, 0.7, 1e-6


def loss_of(w):
    return 0.5 * (np.tanh(x_one * w) - y_one) ** 2


h_one = np.tanh(x_one * w_one)
measured = (loss_of(w_one + step) - loss_of(w_one - step)) / (2 * step)
print(f"measured           {measured:+.6f}")
print(f"slide, (y − h)φ′x  {(y_one - h_one) * (1 - h_one**2) * x_one:+.6f}")
print(f"gradient, (h − y)φ′x {(h_one - y_one) * (1 - h_one**2) * x_one:+.6f}")

# %% [markdown]
# The slide has the *descent direction*, minus the gradient: add it to $w$ and the loss falls. As a derivative it has the wrong sign.
# The next slides ("Derivative w.r.t. $\mathbf{w}_1$") differentiate $(\mathbf{h}_2-\mathbf{y})^2$ with the factor $-2\cdot\tfrac12$: the
# 2 comes from the square, the ½ from a loss that the left side has lost, and the minus is the same slip again.
#
# A third one is silent. With examples in rows ($\mathbf{x}\mathbf{w}$) the gradient must have the shape of $\mathbf{w}$, and only one order
# of the factors has it:

# %%
examples, hidden, outputs = 5, 3, 2
h_layer, delta = np.ones((examples, hidden)), np.ones((examples, outputs))
print("h₁ᵀ first:", (h_layer.T @ delta).shape, " w₁ has", (hidden, outputs))
try:
    print("h₁ᵀ last, as on the slide:", (delta @ h_layer.T).shape)
except ValueError:
    print("h₁ᵀ last, as on the slide: no product of", delta.shape, "and", h_layer.T.shape)

# %% [markdown]
# ## Many layers
# "Propagation of error is just the chain rule." True, and yet the order matters. The derivative of one loss is a row vector
# times $L$ Jacobians. From the loss downwards each step is vector times matrix, $n^2$ products; from the
# input upwards it is matrix times matrix, $n^3$. The result is the same to rounding.

# %%
generator = np.random.default_rng(0)
width, depth = 60, 12
jacobians = [generator.normal(size=(width, width)) / np.sqrt(width) for _ in range(depth)]
row = generator.normal(size=(1, width))
from_the_loss, from_the_input = row, np.eye(width)
for jacobian in jacobians:
    from_the_loss = from_the_loss @ jacobian
for jacobian in reversed(jacobians):
    from_the_input = jacobian @ from_the_input
print("largest difference:", np.abs(from_the_loss - row @ from_the_input).max())
print(f"products: {depth * width**2:,} from the loss, {depth * width**3:,} from the input")

# %% [markdown]
# ## Checking a gradient
# A gradient that no one has checked is a guess. A central difference has an error of about $s^2 f'''/6$ from Taylor and $u\,|f|/s$ from
# rounding; the best step is near $\sqrt[3]{u}$, and leaves $u^{2/3}$. In single precision that is less than five digits: check gradients in
# double precision.

# %%
steps = 10.0 ** np.linspace(-12, 0, 49)
figure, axes = plt.subplots(figsize=(7, 3.4))
for dtype in (np.float32, np.float64):
    at, moves = dtype(1.0), steps.astype(dtype)
    slopes = (np.exp(at + moves) - np.exp(at - moves)) / (2 * moves)
    u = np.finfo(dtype).eps / 2
    axes.loglog(steps, np.abs(slopes - np.e), ".", label=f"{dtype.__name__}, best step near {u ** (1 / 3):.0e}")
axes.set(xlabel="step s", ylabel="error of the derivative of exp at 1")
axes.legend()
plt.show()

# %% [markdown]
# ## Automatic differentiation
# The deck's example is $f(x_1, x_2) = x_1\sqrt{\log\frac{x_1}{\sin(x_2^2)}}$, drawn as a graph of six operations. A tape
# keeps the value of each and hands derivatives back from the last to the first (Griewank & Walther 2008).

# %%
x1, x2 = tf.Variable(2.0, dtype=tf.float64), tf.Variable(1.2, dtype=tf.float64)
with tf.GradientTape() as tape:
    value = x1 * tf.sqrt(tf.math.log(x1 / tf.sin(x2**2)))
gradient = tape.gradient(value, [x1, x2])
print(f"f = {value.numpy():.6f}, df/dx1 = {gradient[0].numpy():.6f}, df/dx2 = {gradient[1].numpy():.6f}")

# %% [markdown]
# What the slide leaves out: the formula is a real number only where $x_1 \ge \sin(x_2^2) > 0$ (or $x_1 \le \sin(x_2^2) < 0$), and on the edge
# $x_1 = \sin(x_2^2)$ the root has an infinite slope. A tape differentiates whatever ran; it does not ask whether it should have.

# %%
first, second = np.meshgrid(np.linspace(0.05, 2.5, 300), np.linspace(0, 3.2, 300))
with np.errstate(all="ignore"):
    surface = first * np.sqrt(np.log(first / np.sin(second**2)))
figure, axes = plt.subplots(figsize=(7, 3.4))
shown = axes.pcolormesh(first, second, surface, shading="auto")
figure.colorbar(shown, ax=axes, label="f")
axes.set(xlabel="$x_1$", ylabel="$x_2$", title="white: no real value")
plt.show()

# %% [markdown]
# ## Initialisation
# "How to initialise the (so many) parameters?" Follow the spread of the outputs through fifteen layers of 200
# units. A sum of $n$ products of independent numbers is $\sqrt n$ times as spread, so weights of variance $1/n$ keep a linear network
# level; ReLU throws half away, and $2/n$ makes up for it (He et al. 2015). All zeros keeps every unit the same for ever.

# %%
figure, panels = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True)
for axes, (name, phi) in zip(panels, (("tanh", np.tanh), ("ReLU", lambda z: np.maximum(z, 0))), strict=True):
    for gain in (0.5, 1.0, 2.0, 4.0):
        h, spread = generator.normal(size=(300, 200)), []
        for _ in range(15):
            h = phi(h @ (generator.normal(size=(200, 200)) * np.sqrt(gain / 200)))
            spread.append(np.sqrt(np.mean(h**2)))
        axes.semilogy(range(1, 16), spread, ".-", label=f"variance {gain:g}/n")
    axes.set(xlabel="layer", ylabel="root mean square of h", title=name)
    axes.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Vanishing and exploding gradients
# The slide shows the two-layer derivative once more and names ReLU as the remedy. Two layers cannot show the trouble: it lies in
# the *product* of many. Each layer contributes a matrix and a slope; a sigmoid's slope is at most ¼, so that
# ten of them leave less than $10^{-6}$ unless the weights make up for it. And a product of random matrices does worse than shrink or grow: it
# keeps a few directions and forgets the rest. Here are the singular values of such products, weights of variance $1/n$, no $\phi$ at all.

# %%
figure, axes = plt.subplots(figsize=(7, 3.4))
product = np.eye(100)
for layer in range(1, 41):
    product = product @ (generator.normal(size=(100, 100)) / 10)
    if layer in (1, 4, 12, 40):
        axes.semilogy(np.linalg.svd(product, compute_uv=False)[:60], label=f"{layer} layers")
axes.set(xlabel="singular value, in order", ylabel="size", ylim=(1e-16, 1e2))
axes.legend()
plt.show()

# %% [markdown]
# ReLU keeps slopes at 1 where a unit is on; the weights do the rest. Later sets add what else helps: normalisation,
# gates, skip connections.
#
# ## Gradient descent
# "Optimisation still done with back-prop (i.e. gradient descent)": $\theta \leftarrow \theta - \eta\,\nabla L$. On a parabola of curvature
# $a$ every step multiplies the distance to the minimum by $1 - \eta a$: too small a rate crawls, beyond $2/a$ it diverges, and with several
# curvatures the largest one sets the limit for all.

# %%
curvatures = np.array([1.0, 20.0])
figure, axes = plt.subplots(figsize=(7, 3.2))
for rate in (0.005, 0.05, 0.095, 0.101):
    theta = (1 - rate * curvatures) ** np.arange(60)[:, None]
    axes.semilogy(0.5 * (curvatures * theta**2).sum(axis=1), label=f"rate {rate:g}")
axes.set(xlabel="step", ylabel="loss", title="curvatures 1 and 20: the limit is 2/20 = 0.1")
axes.legend()
plt.show()

# %% [markdown]
# ## Sources
# Damianou 2018 (both versions of the slides). Rumelhart, Hinton & Williams, *Nature* 1986. Glorot & Bengio 2010. He et al. 2015. Montúfar et al. 2014.
# Griewank & Walther, *Evaluating Derivatives*, 2008. Bishop, *Pattern Recognition and Machine Learning*, 2006. Tibshirani 1996. Yuan & Lin 2006.
# Blanchard, Higham & Higham 2021.
