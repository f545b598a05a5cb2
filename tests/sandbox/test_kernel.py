"""Honest notebooks: cells, outputs, calls, and the errors that students make."""

from __future__ import annotations

import asyncio
import os
import threading

import numpy as np
import pytest

from autograder.callables import Code
from autograder.checks import Student
from autograder.errors import AuthoringError, ConfigurationError, KernelDied, StudentError
from autograder.sandbox.isolation import Isolation
from autograder.sandbox.kernel import SandboxedKernel
from autograder.wire import Handle

pytestmark = pytest.mark.sandbox


def define(kernel: SandboxedKernel, source: str) -> None:
    run = kernel.run_cell(source)
    assert run.status == "ok", run


def test_a_cell_gives_its_outputs_in_notebook_form(shared):
    run = shared.run_cell("print('hello')\n6 * 7")
    assert run.status == "ok" and run.reason == ""
    assert [output["output_type"] for output in run.outputs] == ["stream", "execute_result"]
    assert run.outputs[0]["text"] == "hello\n"
    assert run.outputs[1]["data"]["text/plain"] == "42"
    assert 0 < run.seconds < 30


def test_state_stays_between_cells_and_calls(shared):
    define(shared, "counter = [0]\ndef count():\n    counter[0] += 1\n    return counter[0]")
    assert shared.call("count", (), {}) == 1
    assert shared.call("count", (), {}) == 2
    assert shared.run_cell("counter[0] += 10\ncounter[0]").outputs[0]["data"]["text/plain"] == "12"
    assert shared.call("count", (), {}) == 13


def test_an_exception_in_a_cell_is_reported_and_the_kernel_goes_on(shared):
    run = shared.run_cell("raise ValueError('no such luck')")
    assert (run.status, run.reason) == ("error", "ValueError: no such luck")
    assert run.outputs[-1]["ename"] == "ValueError"
    assert shared.alive and shared.run_cell("1").status == "ok"


def test_an_empty_cell_is_fine(shared):
    assert shared.run_cell("  \n").status == "ok"
    assert shared.run_cell("# nothing but a comment").status == "ok"


def test_a_cell_that_asks_for_input_fails_at_once(shared):
    run = shared.run_cell("input('name? ')")
    assert run.status == "error" and "StdinNotImplementedError" in run.reason


def test_files_lie_in_the_work_folder_and_can_be_written(shared):
    run = shared.run_cell(
        "print(open('data.csv').read(), open('deep/er/x.txt').read(), end='')\n"
        "open('out.txt', 'w').write('mine'); open('data.csv', 'a').close()"
    )
    assert run.status == "ok" and run.outputs[0]["text"] == "1,2\n deep"


def test_a_plot_becomes_an_image(shared):
    run = shared.run_cell("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()")
    assert any("image/png" in output.get("data", {}) for output in run.outputs)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "i8", "?", "c8", "c16", "u1", "f2"])
def test_arrays_come_back_bit_for_bit(shared, dtype):
    define(shared, "def same(x): return x")
    sent = (np.random.default_rng(0).normal(size=(3, 4, 5)) * 100).astype(dtype)
    back = shared.call("same", (sent,), {})
    assert back.dtype == sent.dtype and back.shape == sent.shape
    assert back.tobytes() == sent.tobytes()


def test_special_values_and_containers_come_back(shared):
    define(shared, "def same(*args, **kwargs): return [*args, kwargs]")
    sent = (1, -2.5, float("inf"), True, None, "ü\ud800", [1, [2]], np.zeros((0, 3)), np.float32(7))
    back = shared.call("same", sent, {"key": {"inner": np.arange(3)}})
    assert back[:6] == [1, -2.5, float("inf"), True, None, "ü\ud800"]
    assert back[6] == [1, [2]] and back[7].shape == (0, 3) and back[8] == 7
    assert np.array_equal(back[9]["key"]["inner"], np.arange(3))
    assert np.isnan(shared.call("same", (float("nan"),), {})[0])


def test_arguments_are_writable_copies(shared):
    define(shared, "def scribble(x):\n    x[:] = 7\n    return x")
    sent = np.zeros(4)
    assert np.array_equal(shared.call("scribble", (sent,), {}), np.full(4, 7.0))
    assert np.array_equal(sent, np.zeros(4))


def test_several_results_and_the_students_proxy(shared):
    define(shared, "def both(x, y=1): return x + y, x - y")
    total, difference = Student(shared.call).both(np.arange(3.0), y=2.0).parts(2)
    assert np.array_equal(total.value, np.arange(3.0) + 2)
    assert np.array_equal(difference.value, np.arange(3.0) - 2)


def test_functions_cross_as_text(shared):
    define(shared, "def apply(f, x): return f(x)")
    assert shared.call("apply", (Code("lambda z: z**3"), 2.0), {}) == 8.0


def test_objects_stay_behind_handles_until_the_next_check(shared):
    define(
        shared,
        "class Box:\n    def __init__(self, x): self.x = x\n"
        "def make(x): return {'box': Box(x), 'n': 1}\ndef opened(box): return box.x\n"
        "def nested(bag): return bag['a'][0].x",
    )
    shared.seed(1)
    made = shared.call("make", (np.arange(2),), {})
    assert isinstance(made["box"], Handle) and made["box"].type_name == "Box"
    assert np.array_equal(shared.call("opened", (made["box"],), {}), np.arange(2))
    assert np.array_equal(shared.call("nested", ({"a": [made["box"]]},), {}), np.arange(2))
    shared.seed(2)
    with pytest.raises(StudentError, match="an object of an earlier check is gone"):
        shared.call("opened", (made["box"],), {})


def test_a_seed_makes_the_global_generators_repeat(shared):
    define(
        shared, "import random\nimport numpy as np\ndef draw(): return [random.random(), np.random.normal()]"
    )
    shared.seed(3)
    first = shared.call("draw", (), {})
    shared.seed(3)
    assert shared.call("draw", (), {}) == first
    assert shared.call("draw", (), {}) != first


@pytest.mark.slow
def test_tensorflow_works_and_draws_anew_whatever_the_notebook_seeded(sandbox):
    kernel = sandbox()
    run = kernel.run_cell(
        "import tensorflow as tf\nimport keras\n"
        "tf.random.set_seed(1)\n"
        "def draw(): return tf.function(lambda: tf.random.normal([3]))()\n"
        "def grad(x):\n    x = tf.constant(x)\n    with tf.GradientTape() as t:\n"
        "        t.watch(x)\n        y = tf.reduce_sum(x**2)\n    return t.gradient(y, x), y\n"
        "def model():\n    return keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(3)])\n"
        "def weights(m): return [w for w in m.trainable_variables]\n"
        "def fit(m):\n    m.compile('sgd', 'mse')\n"
        "    return m.fit(tf.ones((8, 2)), tf.ones((8, 3)), epochs=2, verbose=1).history['loss']"
    )
    assert run.status == "ok", run
    x = np.array([1.0, 2.0])
    gradient, value = kernel.call("grad", (x,), {})
    assert np.array_equal(gradient, 2 * x) and value == 5.0
    kernel.seed(5)
    # A function that is compiled at every call is the one that a global seed would freeze.
    assert not np.array_equal(kernel.call("draw", (), {}), kernel.call("draw", (), {}))
    model = kernel.call("model", (), {})
    assert model.type_name == "Sequential"
    kernel_weights, bias = kernel.call("weights", (model,), {})
    assert kernel_weights.shape == (2, 3) and bias.shape == (3,)
    losses = kernel.call("fit", (model,), {})
    assert losses[1] < losses[0]


def test_a_failing_function_names_the_students_own_line(shared):
    define(shared, "def inner(x):\n    return x / nothing\n\ndef outer(x):\n    return inner(x)")
    with pytest.raises(StudentError) as caught:
        shared.call("outer", (1.0,), {})
    text = str(caught.value)
    assert text.startswith("`outer` raised NameError: name 'nothing' is not defined")
    assert "line 2 of inner: return x / nothing" in text
    assert "calling.py" not in text and "agent" not in text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("pass", "`f` is not defined; was its cell run, and has it kept its name?"),
        ("f = 3", "`f` should be a function, but it is a int"),
        ("def f(x): raise NotImplementedError", "`f` is not written yet"),
        ("def f(): return 1", "`f` raised TypeError: f() takes 0 positional arguments but 1 was given"),
        ("def f(x): raise SystemExit(3)", "`f` raised SystemExit: 3"),
        ("def f(x): raise KeyboardInterrupt", "`f` raised KeyboardInterrupt"),
        ("def f(x): return f(x)", "`f` raised RecursionError"),
        (
            "import numpy as np\ndef f(x): return np.array(['a'])",
            "`f` returned something that cannot be checked",
        ),
        ("def f(x): return [0.0] * 30_000", "`f` returned something that cannot be checked"),
        (
            "import numpy as np\ndef f(x): return np.zeros(9_000_000)",
            "`f` returned something that cannot be checked",
        ),
        ("def f(x): return [[[[[[[[[[[[1]]]]]]]]]]]]", "`f` returned something that cannot be checked"),
        ("def f(x): return {1: 2}", "`f` returned something that cannot be checked"),
    ],
)
def test_what_goes_wrong_in_a_function_is_said_and_the_kernel_goes_on(shared, source, text):
    define(shared, f"globals().pop('f', None)\n{source}")
    with pytest.raises(StudentError) as caught:
        shared.call("f", (1.0,), {})
    assert str(caught.value).startswith(text)
    assert shared.alive and shared.run_cell("1").status == "ok"


def test_output_during_calls_is_ignored(shared):
    define(
        shared,
        "import sys\ndef loud():\n    print('x' * 100_000)\n    sys.stderr.write('oops')\n    return 1",
    )
    for _ in range(30):  # three times what the cells may print
        assert shared.call("loud", (), {}) == 1
    assert shared.run_cell("print('only me')").outputs[-1]["text"].endswith("only me\n")


def test_an_argument_that_cannot_be_sent_is_the_authors_fault(shared):
    with pytest.raises(AuthoringError, match=r"`f` is called with an argument that cannot be sent .*object"):
        shared.call("f", (object(),), {})
    assert shared.alive


def test_stderr_is_harmless(shared):
    run = shared.run_cell("import os, sys\nsys.stderr.write('warn\\n')\n_ = os.write(2, b'raw\\n')")
    assert run.status == "ok"
    assert "warn\n" in "".join(output["text"] for output in run.outputs)


def test_a_closed_kernel_says_so_and_closing_twice_is_fine(sandbox):
    kernel = sandbox()
    kernel.close()
    kernel.close()
    assert not kernel.alive
    assert kernel.run_cell("1").status == "died"
    with pytest.raises(KernelDied, match="`f` was not called: the kernel is closed"):
        kernel.call("f", (), {})


def test_it_works_in_a_thread_that_ends_and_inside_a_running_event_loop(sandbox):
    # bubblewrap dies with the thread that started it: that must not be the caller's, which may end first.
    kernels = []
    thread = threading.Thread(target=lambda: kernels.append(sandbox()))
    thread.start()
    thread.join()
    assert kernels[0].run_cell("def f(): return 5").status == "ok"

    async def within_a_loop() -> int:
        return kernels[0].call("f", (), {})

    assert asyncio.run(within_a_loop()) == 5


def test_a_kernel_has_the_cores_of_whoever_starts_it_and_takes_no_others(sandbox):
    every = os.sched_getaffinity(0)
    said = []

    def start() -> None:
        os.sched_setaffinity(0, {max(every)})  # of this thread
        kernel = sandbox()
        more = f"os.sched_setaffinity(0, {every | {0}})"
        for source in ("import os; os.sched_getaffinity(0)", more):
            said.append(kernel.run_cell(source).outputs[0])

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert said[0]["data"]["text/plain"] == str({max(every)})
    assert said[1]["ename"] == "PermissionError"


def test_kernels_that_run_at_the_same_time_keep_apart(sandbox):
    answers = {}

    def grade(number: int) -> None:
        kernel = sandbox({"n.txt": str(number).encode()})
        kernel.run_cell("def f(): return int(open('n.txt').read())")
        answers[number] = [kernel.call("f", (), {}) for _ in range(20)]

    threads = [threading.Thread(target=grade, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: [number] * 20 for number in range(4)}


def test_without_isolation_the_same_interface_runs_a_plain_kernel(sandbox):
    kernel = sandbox({"a/b.txt": b"x"}, isolation=Isolation.NONE)
    assert (
        kernel.run_cell("def f(x): return x + 1\nprint(open('a/b.txt').read())").outputs[0]["text"] == "x\n"
    )
    assert np.array_equal(kernel.call("f", (np.ones(2),), {}), np.full(2, 2.0))


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "", "a//b", "a\0b", "./a"])
def test_a_file_name_that_leaves_the_folder_is_refused(name):
    with pytest.raises(ConfigurationError, match="needs a plain relative path"):
        SandboxedKernel({name: b""})
