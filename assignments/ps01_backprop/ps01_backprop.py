# ---
# jupyter:
#   expected_gradient:
#     problem_set: ps01_backprop
#     title: Back-propagation by hand
#     points: 30
#     manual_points: 3
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
# # Problem set 1 · Back-propagation by hand
# A neural network is a composition of functions, and training it needs one thing: the derivative of a number, the loss,
# with respect to every parameter inside. Libraries do this for you, and from problem set 2 on you will let them.
# Today you do it yourself, in NumPy alone, from two layers to any number of them: afterwards no gradient is a
# black box, and when one is wrong you will know how to find out.
#
# Eleven short functions, 30 points, and one question to answer in words, 3 points. Every function has a check that you
# can run as often as you like. It tells you what it sees, and often which slip would give exactly that. After
# hand-in the same checks run on other numbers, so write for any sizes. Do not reach for `GradientTape` or another
# library's derivatives: the point is to need none.

# %%
import matplotlib.pyplot as plt
import numpy as np

from autograder import public_checks

check = public_checks("ps01_backprop", globals())

# %% [markdown]
# ## 1 · A composition of functions
# Rows of $\mathbf{x}$ are examples: $N$ of them, with $D$ numbers each. Damianou's deck ("Hierarchical function
# definitions") builds the network layer by layer, a product, a shift, a bend:
#
# $$\mathbf{h}_1 = \phi(\mathbf{x}\mathbf{w}_0 + \mathbf{b}_0), \qquad
# \mathbf{h}_2 = \phi(\mathbf{h}_1\mathbf{w}_1 + \mathbf{b}_1), \qquad \phi = \tanh .$$
#
# (Its first slides number the weights from 1, the later ones from 0. We stay with 0.)

# %% kind="solution" grade_id="forward"
def forward(x, w0, b0, w1, b1):
    """Forward pass of a network of two layers, φ = tanh after both.

    Args:
        x: inputs, float array of shape (N, D).
        w0: weights of the hidden layer, shape (D, H).
        b0: its biases, shape (H,).
        w1: weights of the output layer, shape (H, K).
        b1: its biases, shape (K,).

    Returns:
        The pair h1, h2: hidden layer, shape (N, H), and output, shape (N, K).
    """
    raise NotImplementedError("forward (ps01, part 1)")

# %% kind="check" points=2
check("forward")

# %% [markdown]
# What can such a network say before it has learned anything? Here are six of them, with ten hidden units and random
# weights. On the right the biases are zero.

# %%
generator = np.random.default_rng(1)
line = np.linspace(-3, 3, 200)[:, None]

figure, panels = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True)
for axes, bias_std in zip(panels, (1.0, 0.0)):
    for _ in range(6):
        w0, w1 = generator.normal(size=(1, 10)), generator.normal(size=(10, 1)) / 2
        b0, b1 = bias_std * generator.normal(size=10), bias_std * generator.normal(size=1) / 2
        axes.plot(line, forward(line, w0, b0, w1, b1)[1])
    axes.set(xlabel="input x", ylabel="output $h_2$", title=f"standard deviation of the biases: {bias_std:g}")
figure.tight_layout()
plt.show()

# %% [markdown]
# *What the picture answers:* all curves on the right share a symmetry. Which, and why does it take biases to break it?

# %% [markdown]
# ## 2 · A loss
# To say how far the output is from its target we need one number. For regression take half the squared distance,
# averaged over the examples:
#
# $$L = \frac1N \sum_{n=1}^N \frac12 \lVert \mathbf{h}_n - \mathbf{y}_n \rVert^2 .$$
#
# The ½ will cancel a 2, and the $1/N$ keeps the size of a step independent of the size of the data. (The deck's first
# version offers "softmax (regression)" here; its second version has the squared difference.)

# %% kind="solution" grade_id="squared_error"
def squared_error(h, y):
    """Half the squared distance of output and target, averaged over the examples.

    Args:
        h: outputs, shape (N, K).
        y: targets, shape (N, K).

    Returns:
        A scalar: (1/N) Σ_n ½‖h_n − y_n‖². The squares of one example are summed, not averaged.
    """
    raise NotImplementedError("squared_error (ps01, part 2)")

# %% kind="check" points=1
check("squared_error")

# %% [markdown]
# From here on we want the slope of this number. Keep a small network and some data for the pictures to come, and look
# at the loss along one single weight.

# %%
generator = np.random.default_rng(2)
x = np.linspace(-2, 2, 40)[:, None]
y = 0.8 * np.sin(2 * x)
w0, b0 = generator.normal(size=(1, 6)), generator.normal(size=6)
w1, b1 = generator.normal(size=(6, 1)) / 2, np.zeros(1)
w1[0, 0] = 2.0


def loss_along(value):
    """The loss when the first weight of the output layer is `value`, and all others stay."""
    moved = w1.copy()
    moved[0, 0] = value
    return squared_error(forward(x, w0, b0, moved, b1)[1], y)


values = np.linspace(-10, 10, 300)
figure, axes = plt.subplots(figsize=(7, 3.2))
axes.plot(values, [loss_along(value) for value in values])
axes.plot(w1[0, 0], loss_along(w1[0, 0]), "o", color="black", label="where the network is now")
axes.set(xlabel="first weight of the output layer", ylabel="loss")
axes.legend()
plt.show()

# %% [markdown]
# *What the picture answers:* the curve is flat far out on both sides. Which part of the network makes it flat?

# %% [markdown]
# ## 3 · The chain rule, twice
# Now differentiate. Let $g$ be the slope of $\phi$ and $\delta$ the gradient of the loss with respect to what *enters*
# $\phi$. The chain rule starts at the loss and walks down ("Derivative w.r.t. $\mathbf{w}_1$", "... $\mathbf{w}_0$"):
#
# $$\delta_2 = \tfrac1N(\mathbf{h}_2 - \mathbf{y}) \circ \mathbf{g}_1, \qquad
# \delta_1 = (\delta_2 \mathbf{w}_1^T) \circ \mathbf{g}_0, \qquad
# \frac{\partial L}{\partial \mathbf{w}_1} = \mathbf{h}_1^T \delta_2, \qquad
# \frac{\partial L}{\partial \mathbf{w}_0} = \mathbf{x}^T \delta_1 ,$$
#
# and a bias collects its $\delta$ from all examples. Since $\tanh' = 1 - \tanh^2$, the slopes can be had from
# $\mathbf{h}_1$ and $\mathbf{h}_2$, which the forward pass has computed already.
#
# If you compare with the slides, three things there differ. They carry $\mathbf{y} - \mathbf{h}$, which is *minus* the gradient:
# the direction in which to go, not the slope. They differentiate $(\mathbf{h}_2 - \mathbf{y})^2$ but use the factor
# $2 \cdot \tfrac12$ that belongs to $\tfrac12(\mathbf{h}_2 - \mathbf{y})^2$. And they write $\mathbf{h}_1^T$ and $\mathbf{x}^T$ last:
# with examples in rows they come first, or the shapes do not fit.

# %% kind="solution" grade_id="two_layer_gradients"
def two_layer_gradients(x, h1, h2, y, w1):
    """Gradients of squared_error(h2, y) with respect to the parameters of the network in part 1.

    Args:
        x: inputs, shape (N, D).
        h1: hidden layer from the forward pass, shape (N, H).
        h2: output from the forward pass, shape (N, K).
        y: targets, shape (N, K).
        w1: weights of the output layer, shape (H, K).

    Returns:
        Four gradients, for w0, b0, w1, b1 in this order, each of the shape of its parameter.
    """
    raise NotImplementedError("two_layer_gradients (ps01, part 3)")

# %% kind="check" points=4
check("two_layer_gradients")

# %% [markdown]
# A gradient is a slope, so it can be seen: your number, drawn as a straight line, should touch the curve of
# part 2. The dotted line uses the slide's sign.

# %%
h1, h2 = forward(x, w0, b0, w1, b1)
slope_here = two_layer_gradients(x, h1, h2, y, w1)[2][0, 0]
here = w1[0, 0]

figure, axes = plt.subplots(figsize=(7, 3.2))
axes.plot(values, [loss_along(value) for value in values])
near = np.linspace(here - 1.2, here + 1.2, 2)
axes.plot(near, loss_along(here) + slope_here * (near - here), label="your gradient")
axes.plot(near, loss_along(here) - slope_here * (near - here), ":", label="the slide's sign")
axes.plot(here, loss_along(here), "o", color="black")
axes.set(xlabel="first weight of the output layer", ylabel="loss")
axes.legend()
plt.show()

# %% [markdown]
# *What the picture answers:* to lower the loss, should this weight grow or shrink? Which sign does its gradient have?

# %% [markdown]
# ## 4 · How to check a gradient
# You will write many gradients that no one has checked before you. The remedy is old: move one number a
# little to each side and look at what the function does,
#
# $$\frac{\partial f}{\partial w_i} \approx \frac{f(\mathbf{w} + s\,\mathbf{e}_i) - f(\mathbf{w} - s\,\mathbf{e}_i)}{2s} .$$
#
# How small should $s$ be? Taylor says that the formula is off by $s^2 f'''/6$: smaller is better. But a computer rounds
# $f$ to a relative $u \approx 10^{-16}$, and dividing by $2s$ makes an error of size $u\,|f|/s$ of that: larger is better.
# Find the step where the two meet, and make it the default.

# %% kind="solution" grade_id="numerical_gradient"
def numerical_gradient(f, w, step=None):
    """Gradient of f at w by central differences, one entry at a time.

    Args:
        f: function from an array like w to a scalar.
        w: float64 array of any shape.
        step: the distance s to either side. None means that you choose one that suits values and entries of ordinary
            size (1 to 100): on the check's function the error may be 3e-8 at most.

    Returns:
        Array of the shape of w.
    """
    raise NotImplementedError("numerical_gradient (ps01, part 4)")

# %% kind="check" points=3
check("numerical_gradient")

# %% [markdown]
# Both errors in one picture. The function is $\sin w$ at $w = 1$, and the dashed lines are the theory above.

# %%
steps = 10.0 ** np.linspace(-14, 0, 57)
at = np.array([1.0])
central = [abs(numerical_gradient(lambda w: np.sin(w[0]), at, step)[0] - np.cos(1.0)) for step in steps]
one_sided = [abs((np.sin(1.0 + step) - np.sin(1.0)) / step - np.cos(1.0)) for step in steps]

figure, axes = plt.subplots(figsize=(7, 4))
axes.loglog(steps, np.maximum(one_sided, 1e-17), ".", color="0.7", label="one-sided difference")
axes.loglog(steps, np.maximum(central, 1e-17), ".", label="yours")
axes.loglog(steps, steps**2 * np.cos(1.0) / 6, "k--", label="truncation, $s^2 f'''/6$")
axes.loglog(steps, 2.0**-53 * np.sin(1.0) / steps, "k:", label="rounding, $u f/s$")
axes.set(xlabel="step s", ylabel="error of the gradient", ylim=(1e-15, 10))
axes.legend()
plt.show()

# %% [markdown]
# *What the picture answers:* what is the best that a central difference can do, and at which step? And for a
# one-sided one?
#
# Now point it at your own work. All four differences should be below about 1e-9.

# %%
gradients = two_layer_gradients(x, h1, h2, y, w1)
parameters = [w0, b0, w1, b1]
for position, name in enumerate(("w0", "b0", "w1", "b1")):

    def loss_of(value):
        moved = [value if i == position else parameters[i] for i in range(4)]
        return squared_error(forward(x, *moved)[1], y)

    difference = np.abs(gradients[position] - numerical_gradient(loss_of, parameters[position])).max()
    print(f"{name}: largest difference {difference:.1e}")

# %% [markdown]
# ## 5 · Any number of layers
# Two layers were written out; more are a loop. On the way forward keep what enters each $\phi$ ($\mathbf{z}_l$) and what enters
# each layer ($\mathbf{h}_{l-1}$); on the way back there is one step that repeats (Rumelhart, Hinton & Williams 1986):
#
# $$\delta_L = \tfrac1N(\mathbf{h}_L - \mathbf{y}), \qquad
# \delta_l = (\delta_{l+1} \mathbf{w}_{l+1}^T) \circ \phi'(\mathbf{z}_l), \qquad
# \frac{\partial L}{\partial \mathbf{w}_l} = \mathbf{h}_{l-1}^T \delta_l .$$
#
# Two changes against the deck: $\phi$ is yours to choose, and the last layer is *linear*, $\mathbf{h}_L = \mathbf{z}_L$, so that
# the output can be any number. With one layer this is the straight line of linear regression, and your function should do that
# too.

# %% kind="solution" grade_id="deep_gradients"
def deep_gradients(x, y, weights, biases, phi, slope):
    """Gradients of the squared error of a network of L layers, φ after each but the last.

    Args:
        x: inputs, shape (N, D).
        y: targets, shape (N, K).
        weights: list of L >= 1 matrices; the first has D rows, the last K columns.
        biases: list of L vectors.
        phi: φ, elementwise.
        slope: φ′, elementwise; like φ, a function of what enters φ.

    Returns:
        Two lists of length L, first layer first: the gradients for the weights, and those for the biases.
    """
    raise NotImplementedError("deep_gradients (ps01, part 5)")

# %% kind="check" points=4
check("deep_gradients")

# %% [markdown]
# Seven layers, and part 4 as the judge: your gradients against central differences, each entry a dot.

# %%
generator = np.random.default_rng(3)
widths = [1, 8, 8, 8, 8, 8, 8, 1]
weights = [generator.normal(size=(a, b)) / np.sqrt(a) for a, b in zip(widths, widths[1:])]
biases = [0.3 * generator.normal(size=b) for b in widths[1:]]


def tanh_slope(z):
    return 1.0 - np.tanh(z) ** 2


def deep_output(x, weights, biases, phi):
    """The network of part 5: φ after each layer but the last."""
    for w, b in zip(weights[:-1], biases[:-1]):
        x = phi(x @ w + b)
    return x @ weights[-1] + biases[-1]


by_hand = deep_gradients(x, y, weights, biases, np.tanh, tanh_slope)[0]
figure, axes = plt.subplots(figsize=(5, 4.5))
for layer in range(len(weights)):

    def loss_of(value):
        moved = [value if i == layer else weights[i] for i in range(len(weights))]
        return squared_error(deep_output(x, moved, biases, np.tanh), y)

    axes.plot(numerical_gradient(loss_of, weights[layer]), by_hand[layer], ".", color=f"C{layer}")
span = np.array([min(g.min() for g in by_hand), max(g.max() for g in by_hand)])
axes.plot(span, span, "k-", linewidth=0.5)
axes.set(xlabel="central difference", ylabel="your gradient", title="one color a layer")
plt.show()

# %% [markdown]
# *What the picture answers:* how many times did this picture run the network forwards? How many times did yours?

# %% [markdown]
# ## 6 · Classes: softmax and cross-entropy
# For $K$ classes the last layer gives *logits* $\mathbf{z}$, any real numbers. Softmax makes them probabilities,
# $p_k = e^{z_k} / \sum_j e^{z_j}$, and the loss is minus the log-probability of the right class $y$. The gradient turns out as plain as
# that of a regression: with respect to the logits it is $p_k - [k = y]$, prediction minus target (Bishop 2006, eq. 4.109).
#
# The formula as it stands fails early: $e^{1000}$ is no float. But adding a constant to all logits of an example changes
# nothing, so subtract their maximum first, and take the logarithm of the fraction on paper, not of the quotient:
# $\log p_k = s_k - \log \sum_j e^{s_j}$ with $s_k = z_k - \max_j z_j$.

# %% kind="solution" grade_id="softmax_cross_entropy"
def softmax_cross_entropy(logits, labels):
    """Mean cross-entropy of a softmax and its gradient, exact for logits of any size.

    Args:
        logits: float array of shape (N, K).
        labels: integers from 0 to K − 1, shape (N,): the right class of each example.

    Returns:
        The pair loss, gradient: the average of −log p(right class) over the examples, a scalar, and its gradient with
        respect to the logits, shape (N, K).
    """
    raise NotImplementedError("softmax_cross_entropy (ps01, part 6)")

# %% kind="check" points=3
check("softmax_cross_entropy")

# %% [markdown]
# Two classes, of which the second is right, and a network that gets ever more certain of the first. The grey dots
# evaluate the formula as it is printed.

# %%
gaps = np.linspace(-100, 1500, 81)
yours = [softmax_cross_entropy(np.array([[gap, 0.0]]), np.array([1]))[0] for gap in gaps]
with np.errstate(all="ignore"):
    printed = -np.log(1.0 / (np.exp(gaps) + 1.0))
shown = np.isfinite(printed)

figure, axes = plt.subplots(figsize=(7, 3.2))
axes.plot(gaps, yours, label="yours")
axes.plot(gaps[shown], printed[shown], "o", color="0.7", markersize=3, label="as printed: where it is a number")
axes.set(xlabel="logit of the wrong class minus that of the right one", ylabel="loss")
axes.legend()
plt.show()

# %% [markdown]
# *What the picture answers:* at which gap does the printed formula end, and what is special about that number?

# %% [markdown]
# ## 7 · Automatic differentiation
# Nobody wants to redo parts 3 and 5 for every new network. The idea behind every library: while a program runs, write
# each elementary operation on a *tape*; then read the tape backwards. Each value $v_i$ gets an *adjoint*,
# $\bar v_i = \partial v_{last}/\partial v_i$. It starts at 1 for the last value and 0 for all others, and every operation
# hands its own adjoint down to its arguments, times its local slope:
#
# $$\bar v_i \mathrel{+}= \bar v_k \, \frac{\partial v_k}{\partial v_i} \qquad
# \text{for every argument } i \text{ of operation } k, \text{ last operation first.}$$
#
# The next cell has the school calculus, `SLOPES`, and a number that writes on a tape. NumPy hands `np.sin(a)` on
# to `a.sin()` for such objects, so that the deck's example runs as it stands. A tape is a list like
# `["div", 0, 3]`: value 0 divided by value 3. The first values are the inputs; each operation adds one.

# %%
SLOPES = {
    "add": lambda a, b: (1.0, 1.0),
    "mul": lambda a, b: (b, a),
    "div": lambda a, b: (1.0 / b, -a / b**2),
    "sin": lambda a: (np.cos(a),),
    "log": lambda a: (1.0 / a,),
    "sqrt": lambda a: (0.5 / np.sqrt(a),),
}


class Traced:
    """A number that writes what is done with it on a tape."""

    def __init__(self, value, tape, values):
        self.value, self.tape, self.values, self.position = value, tape, values, len(values)
        values.append(value)

    def _record(self, name, result, *others):
        self.tape.append([name, self.position, *(other.position for other in others)])
        return Traced(result, self.tape, self.values)

    def __add__(self, other):
        return self._record("add", self.value + other.value, other)

    def __mul__(self, other):
        return self._record("mul", self.value * other.value, other)

    def __truediv__(self, other):
        return self._record("div", self.value / other.value, other)

    def __pow__(self, two):
        assert two == 2
        return self * self

    def sin(self):
        return self._record("sin", np.sin(self.value))

    def log(self):
        return self._record("log", np.log(self.value))

    def sqrt(self):
        return self._record("sqrt", np.sqrt(self.value))


def trace(function, *inputs):
    """Runs a function on traced numbers; returns the tape and the array of all values."""
    tape, values = [], []
    function(*[Traced(value, tape, values) for value in inputs])
    return tape, np.array(values)


def slide(x1, x2):
    """Damianou, "Automatic differentiation"."""
    return x1 * np.sqrt(np.log(x1 / np.sin(x2**2)))


tape, values = trace(slide, 2.0, 1.2)
for position, value in enumerate(values):
    print(f"v{position} = {value:7.4f}  ", "input" if position < 2 else tape[position - 2])

# %% kind="solution" grade_id="backward"
def backward(tape, values):
    """The reverse sweep over a tape.

    Args:
        tape: operations in the order in which they ran, each a list: a name in SLOPES, then the positions of its
            arguments in values. `SLOPES[name](*arguments)` gives one local slope for each argument.
        values: all values, shape (inputs + operations,): first the inputs, then each operation's result.

    Returns:
        Shape of values: the derivative of the last value with respect to each of them.
    """
    raise NotImplementedError("backward (ps01, part 7)")

# %% kind="check" points=4
check("backward")

# %% [markdown]
# The deck shows this function as a graph. Here is yours: values above, your adjoints below.

# %%
tape, values = trace(slide, 2.0, 1.2)
adjoints = np.asarray(backward(tape, values))
inputs = len(values) - len(tape)
depth = [0] * inputs
for _, *arguments in tape:
    depth.append(1 + max(depth[i] for i in arguments))
height = {0: 1.0, 1: 0.0}

figure, axes = plt.subplots(figsize=(10, 3.6))
for k, (name, *arguments) in enumerate(tape):
    end = (depth[inputs + k], height.setdefault(inputs + k, 0.0 if k < 2 else 1.0 if k == 5 else 0.5))
    for i in dict.fromkeys(arguments):
        axes.annotate("", end, (depth[i], height[i]), arrowprops={"arrowstyle": "->", "shrinkA": 18, "shrinkB": 18})
for i, (value, adjoint) in enumerate(zip(values, adjoints)):
    label = f"x{i + 1}" if i < inputs else tape[i - inputs][0]
    axes.text(depth[i], height[i], label, ha="center", va="center", bbox={"boxstyle": "round", "fc": "white"})
    axes.text(depth[i], height[i] + 0.13, f"{value:.3f}", ha="center", color="C0")
    axes.text(depth[i], height[i] - 0.2, f"{adjoint:.3f}", ha="center", color="C3")
axes.set(
    xlim=(-0.5, max(depth) + 0.5),
    ylim=(-0.35, 1.3),
    xlabel="operations away from the inputs",
    ylabel="value (blue), adjoint (red)",
    yticks=[],
)
plt.show()

by_differences = numerical_gradient(lambda v: slide(v[0], v[1]), np.array([2.0, 1.2]))
print("your gradient:       ", adjoints[:2])
print("central differences: ", by_differences)

# %% [markdown]
# *What the picture answers:* two arrows leave $x_1$. What does each contribute to its adjoint, and where in your code do the two
# meet?

# %% [markdown]
# ## 8 · A prior is a penalty
# The deck's "Probabilistic re-formulation": to minimise a fit plus a regulariser is to maximise a posterior,
# $\log p(\mathbf{y} \mid \mathbf{x}, \mathbf{w}) + \log p(\mathbf{w})$. Take Gaussian noise, $y_n \sim N(\mathbf{x}_n\mathbf{w} + b, \sigma^2)$, and one of two
# priors on each weight, of width $s$:
#
# $$p(w) = \frac{1}{\sqrt{2\pi s^2}}\, e^{-w^2/2s^2} \quad\text{(Gaussian)}, \qquad
# p(w) = \frac{1}{2s}\, e^{-|w|/s} \quad\text{(Laplace)}.$$
#
# Multiply minus the log-posterior by $\sigma^2$ and read off: the Gaussian is an L2 penalty $\tfrac{\lambda}{2} \sum w_i^2$ with
# $\lambda = \sigma^2/s^2$, the Laplace an L1 penalty $\lambda \sum |w_i|$ with $\lambda = \sigma^2/s$, the lasso (Tibshirani 1996). The deck's
# $\lambda \sum_i \lVert \mathbf{w}_i \rVert$ is the second one when each $\mathbf{w}_i$ is a single number.

# %% kind="solution" grade_id="map_objective"
def map_objective(x, y, w, b, noise_std, prior, width):
    """−log p(y | x, w, b) − log p(w) of a linear regression, with its gradient.

    Args:
        x: inputs, shape (N, D).
        y: targets, shape (N,).
        w: weights, shape (D,), none of them zero; independent under the prior.
        b: bias, a float; it has no prior.
        noise_std: σ > 0, a standard deviation.
        prior: "gaussian" or "laplace".
        width: s > 0, the standard deviation of the Gaussian, or the scale of the Laplace.

    Returns:
        Three results: the objective, a scalar, summed over the examples and with the constants of all densities; its
        gradient for w, shape (D,); its derivative for b, a scalar.
    """
    raise NotImplementedError("map_objective (ps01, part 8)")

# %% kind="check" points=3
check("map_objective")

# %% [markdown]
# One weight, eight data points that suggest $w \approx 0.3$, and priors that get narrower. Each curve is your
# objective less its minimum; dots mark the minima.

# %%
generator = np.random.default_rng(2)
x1d = generator.normal(size=(8, 1))
y1d = 0.35 * x1d[:, 0] + 0.5 * generator.normal(size=8)
grid = np.linspace(-0.3, 0.7, 1000)  # an even number: never exactly zero

figure, panels = plt.subplots(1, 2, figsize=(10, 3.6), sharey=True)
for axes, prior in zip(panels, ("gaussian", "laplace")):
    for color, width in enumerate((10.0, 0.2, 0.1, 0.05)):
        objective = np.array([map_objective(x1d, y1d, np.array([w]), 0.0, 0.5, prior, width)[0] for w in grid])
        objective -= objective.min()
        axes.plot(grid, objective, color=f"C{color}", label=f"width {width:g}")
        axes.plot(grid[objective.argmin()], 0.0, "o", color=f"C{color}", clip_on=False)
    axes.set(xlabel="weight w", ylabel="objective less its minimum", title=prior, ylim=(0, 5))
    axes.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# *What the picture answers:* under which prior does a weight become exactly zero, and which feature of the curve
# holds it there?

# %% [markdown]
# ## 9 · Where to start
# Before the first step all weights are noise, $\mathbf{w} = \sqrt{v}\,\epsilon$ with standard normal $\epsilon$. Which variance
# $v$? An output adds up $n_{in}$ products, so with $v = 1$ it is $\sqrt{n_{in}}$ times as spread as its inputs, layer after layer.
# Glorot and Bengio (2010, eq. 12) balance the way forward, which wants $1/n_{in}$, with the way back, which wants
# $1/n_{out}$. He et al. (2015, eq. 10) make up for the half that ReLU cuts off:
#
# $$v_{unit} = 1, \qquad v_{glorot} = \frac{2}{n_{in} + n_{out}}, \qquad v_{he} = \frac{2}{n_{in}} .$$

# %% kind="solution" grade_id="initial_weights"
def initial_weights(eps, scheme):
    """Initial weights of a layer from given noise.

    Args:
        eps: standard normal noise, shape (fan_in, fan_out); the layer is used as h @ w.
        scheme: "unit", "glorot" or "he".

    Returns:
        Shape of eps: weights with the variance that the scheme asks for.
    """
    raise NotImplementedError("initial_weights (ps01, part 9)")

# %% kind="check" points=1
check("initial_weights")

# %% [markdown]
# ## 10 · Vanishing and exploding gradients
# Part 5 multiplied the error by a weight matrix and a slope at each layer. Fifty factors below 1 leave nothing, fifty
# above 1 leave nothing else. Measure it: add up all outputs of a deep network, $\sum_{n,k} h_{L,nk}$, and report how large
# its derivative $\delta_l$ with respect to what enters $\phi$ is at every layer. There are no biases here, and $\phi$ comes after every layer, the
# last included, so that
#
# $$\delta_L = \phi'(\mathbf{z}_L), \qquad \delta_l = (\delta_{l+1} \mathbf{w}_{l+1}^T) \circ \phi'(\mathbf{z}_l) .$$

# %% kind="solution" grade_id="gradient_norms"
def gradient_norms(x, weights, phi, slope):
    """Size of the error signal at every layer of a deep network without biases.

    Args:
        x: inputs, shape (N, D).
        weights: list of L >= 2 matrices; φ comes after each of them, the last included.
        phi: φ, elementwise.
        slope: φ′, elementwise; like φ, a function of what enters φ.

    Returns:
        Shape (L,), first layer first: √Σδ_l², the sum over all entries of δ_l, the derivative of the sum of all outputs with
        respect to z_l = h_{l−1} w_l.
    """
    raise NotImplementedError("gradient_norms (ps01, part 10)")

# %% kind="check" points=2
check("gradient_norms")

# %% [markdown]
# Twenty layers of 64 units, three activations, three ways to start.

# %%
def sigmoid(z):
    return 0.5 * (1.0 + np.tanh(0.5 * z))


activations = {
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1.0 - sigmoid(z))),
    "tanh": (np.tanh, tanh_slope),
    "ReLU": (lambda z: np.maximum(z, 0.0), lambda z: (z > 0.0) * 1.0),
}
generator = np.random.default_rng(10)
noise = [generator.normal(size=(64, 64)) for _ in range(20)]
batch = generator.normal(size=(100, 64))

figure, panels = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True)
for axes, (name, (phi, slope)) in zip(panels, activations.items()):
    for scheme in ("unit", "glorot", "he"):
        norms = gradient_norms(batch, [initial_weights(eps, scheme) for eps in noise], phi, slope)
        axes.semilogy(np.arange(1, 21), norms, ".-", label=scheme)
    axes.set(xlabel="layer", ylabel="norm of the error signal", title=name, xticks=[1, 5, 10, 15, 20])
    axes.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# *What the picture answers:* which start suits tanh, which ReLU? And on the steepest line, by which factor does the signal
# grow with every layer it passes, and how far is that from $\sqrt{64/2}$?

# %% [markdown]
# ## 11 · Training
# All the rest is a loop: evaluate, step downhill, repeat,
#
# $$\theta_{t+1} = \theta_t - \eta\, \nabla L(\theta_t) .$$
#
# Write it once for any model: the objective arrives as a function that takes a list of parameters and
# returns the loss with a list of gradients.

# %% kind="solution" grade_id="train"
def train(objective, parameters, rate, steps):
    """Gradient descent on all parameters at once, with a constant rate.

    Args:
        objective: function of a list of arrays; returns the pair loss, list of gradients. Call it once a step.
        parameters: where to start, a list of float arrays; do not change them, the caller may need them again.
        rate: η > 0.
        steps: number of updates, at least 1.

    Returns:
        The pair parameters, losses: the list of arrays after the last update, and shape (steps,), the losses before each
        update, so that the first is the loss at the start.
    """
    raise NotImplementedError("train (ps01, part 11)")

# %% kind="check" points=3
check("train")

# %% [markdown]
# Everything you wrote, at work: a network of three layers learns a curve from 60 noisy points. The loss should fall from about
# 0.26 to about 0.005, where the noise is.

# %%
generator = np.random.default_rng(11)
x = np.sort(generator.uniform(-2, 2, size=(60, 1)), axis=0)
y = np.sin(2 * x) + 0.3 * x + 0.1 * generator.normal(size=x.shape)
shapes = [(1, 16), (16, 16), (16, 1)]
start = []
for shape in shapes:
    start += [initial_weights(generator.normal(size=shape), "glorot"), np.zeros(shape[1])]


def curve_objective(parameters):
    weights, biases = parameters[0::2], parameters[1::2]
    d_weights, d_biases = deep_gradients(x, y, weights, biases, np.tanh, tanh_slope)
    gradients = [gradient for pair in zip(d_weights, d_biases) for gradient in pair]
    return squared_error(deep_output(x, weights, biases, np.tanh), y), gradients


trained, losses = train(curve_objective, start, 0.08, 6_000)
line = np.linspace(-2.5, 2.5, 200)[:, None]

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8))
left.loglog(np.arange(1, len(losses) + 1), losses)
left.axhline(0.005, color="black", linestyle="--", label="half the variance of the noise")
left.set(xlabel="step", ylabel="loss")
left.legend()
right.plot(x, y, ".", color="0.5", label="data")
for steps, style in ((0, ":"), (300, "--"), (6_000, "-")):
    fitted = trained if steps == 6_000 else train(curve_objective, start, 0.08, steps)[0] if steps else start
    right.plot(line, deep_output(line, fitted[0::2], fitted[1::2], np.tanh), style, label=f"after {steps} steps")
right.set(xlabel="x", ylabel="y", ylim=(-2.2, 2.2))
right.legend()
figure.tight_layout()
plt.show()

# %% [markdown]
# *What the picture answers:* what does the network say where it has seen no data, beyond $|x| = 2$? Should you
# believe it? (Problem set 9 comes back to this.)
#
# And now, at the end, the library. TensorFlow's tape differentiates the same loss; the difference should be of the
# size of rounding, near 1e-16.

# %%
import tensorflow as tf

variables = [tf.constant(p) for p in start]
with tf.GradientTape() as library:
    library.watch(variables)
    h = tf.constant(x)
    for layer in range(3):
        h = h @ variables[2 * layer] + variables[2 * layer + 1]
        h = tf.tanh(h) if layer < 2 else h
    loss = 0.5 * tf.reduce_mean(tf.reduce_sum((h - y) ** 2, axis=1))
for ours, theirs in zip(curve_objective(start)[1], library.gradient(loss, variables)):
    print(f"shape {ours.shape!s:9} largest difference {np.abs(ours - theirs.numpy()).max():.1e}")

# %% [markdown]
# ## 12 · In your own words
# The deck's "Single layer" slide writes $(\mathbf{y} - \mathbf{h})\, \partial\phi(\mathbf{x}\mathbf{w})/\partial\mathbf{w}$ for the derivative of
# $\tfrac12(\mathbf{h} - \mathbf{y})^2$. In four or five sentences: what would `train` do with it, and what would the plot of the losses look like?
# With which change to the update would the slide be right as it stands? And which of today's tools would have told you of the
# sign without knowing the right answer?

# %% [markdown] kind="manual" grade_id="sign_of_the_slide" points=3
# YOUR ANSWER HERE

# %% [markdown]
# ## Where you stand
# All checks at once, with what is graded after hand-in and by whom.

# %%
check.all()

# %% [markdown]
# ## Go further
# Nothing here is graded. Pick what you like.
#
# - **A check without a step.** Evaluate $f$ at the complex number $w + is$ with $s = 10^{-30}$: $\mathrm{Im} f / s$ is the derivative to the last
#   digit, and there is no difference in which digits could cancel (Squire & Trapp 1998). Add its dots to the picture of part 4. For which of your
#   functions does it work, and which operation breaks it?
# - **Forwards.** Write `forward_mode(tape, values, i)`, which carries $\partial v_k/\partial x_i$ along *with* the values. How many sweeps does the
#   gradient of a network with a million weights take, and how many does yours?
# - **A second derivative.** Differentiate your gradient: run `numerical_gradient` on one entry of `two_layer_gradients`. Is the matrix symmetric?
# - **Momentum.** Give `train` a memory, $v \leftarrow \mu v - \eta \nabla L$, $\theta \leftarrow \theta + v$. With $\mu = 0.9$, in how many
#   steps does the curve reach the loss it reached in 6000?
