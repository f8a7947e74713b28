"""The public face, as users type it; `test_public_face.py` runs this file."""

import jax
import jax.numpy as jnp
import optax

import geomdl as gm

key = jax.random.key(0)
layers = {"W": jax.random.normal(key, (20, 4, 4)) / 2, "b": jnp.zeros((20, 4))}
x0 = jax.random.normal(key, (16, 4))
terminal_cost = lambda x: jnp.mean(x**2)
parts = gm.data.load("digits")
train_data, test_data = parts.train, parts.test

# Control: field(t, x, layer) acts on the whole state; nothing is vmapped implicitly.
field = gm.control.per_example(lambda t, x, layer: jnp.tanh(layer["W"] @ x + layer["b"]))
x1 = gm.control.flow(field, layers, x0, horizon=1.0, solver=gm.control.Euler())  # its VJP is the costate sweep
s = gm.control.sweep(
    field,
    layers,
    x0,
    terminal_cost,
    running_cost=None,
    horizon=1.0,
    solver=gm.control.RK4(),
    adjoint=gm.CheckpointedAdjoint(),
)
s.value, s.states, s.costates, s.gradient  # gradient has the structure of `layers`

net = gm.nn.ResNet(in_size=64, out_size=10, width=64, depth=20, key=key)
net, log = gm.train.fit(
    net, train_data, validation=test_data, optimizer=optax.adam(1e-3), epochs=20, batch_size=128, key=key
)
