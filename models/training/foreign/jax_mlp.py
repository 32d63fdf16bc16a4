"""A JAX function (two layers on one-hot positions, gradient descent by hand) by jax2onnx."""

import jax
import jax.numpy as jnp
import numpy as np
import onnx
from common import Job, accuracy
from jax2onnx import to_onnx
from ribonnx_training import adapt
from ribonnx_training.layouts import Layout

job, layout = Job(), Layout("B(4L)")
x, y = layout.apply(job.train.codes), job.train.labels


def forward(weights, x):
    h = jax.nn.relu(x @ weights[0] + weights[1])
    return jax.nn.softmax(h @ weights[2] + weights[3], axis=-1)


def loss(weights, x, y):
    return -jnp.log(forward(weights, x)[jnp.arange(len(y)), y] + 1e-9).mean()


rng = np.random.default_rng(1)
weights = [jnp.asarray(rng.normal(0, s, shape), jnp.float32) for s, shape in ((0.03, (800, 32)), (0, 32), (0.2, (32, 3)), (0, 3))]
step = jax.jit(lambda w, x, y: [a - 0.05 * g for a, g in zip(w, jax.grad(loss)(w, x, y))])
for _ in range(600):
    rows = rng.integers(0, len(x), 128)
    weights = step(weights, x[rows], y[rows])
graph = to_onnx(lambda x: forward(weights, x), [("B", 800)], opset=20)
graph = adapt.codes_in_front(adapt.open_batch(graph), 200, layout)
adapt.save(graph, job.folder / "net.onnx")
reference = np.asarray(forward(weights, layout.apply(job.test.codes)))
job.finish(reference, "`to_onnx(opset=20)`; `codes_in_front(B(4L))`", "trained", quality=accuracy(reference, job.test))
