"""The public face, as users type it; `test_public_face.py` runs this file."""

import diffrax
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

# A Hamiltonian system is a diffrax term; the state (q, p) is any pytree; every callable is (t, ., args), as in diffrax.
q0, p0, ts = jnp.asarray(1.0), jnp.asarray(0.0), jnp.array([100.0])
pendulum = gm.HamiltonianSystem(
    gm.Separable(
        kinetic=lambda t, p, args: 0.5 * jnp.sum(p**2),
        potential=lambda t, q, args: -jnp.sum(jnp.cos(q)),
    )
)
first = gm.integrate(
    pendulum,
    gm.StormerVerlet(),
    (q0, p0),
    dt=0.01,
    num_steps=10_000,
    save_every=100,
    adjoint=gm.ReversibleAdjoint(),
)
first.ts, first.ys, first.result, first.stats  # ts[0] = t0, num_steps/save_every + 1 rows, a diffrax.RESULTS
sol = diffrax.diffeqsolve(
    pendulum,
    gm.GaussLegendre(stages=3),
    t0=0.0,
    t1=100.0,
    dt0=0.1,
    y0=(q0, p0),
    saveat=diffrax.SaveAt(ts=ts),
)
third = diffrax.diffeqsolve(pendulum, diffrax.Tsit5(), t0=0.0, t1=100.0, dt0=0.1, y0=(q0, p0))

# Fields: one driver for everything; a discretised field is a system, a box scheme its solver.
waves = gm.field.FieldSystem(gm.field.sine_gordon(), gm.field.PeriodicGrid(301, length=40.0))
u0, v0 = jnp.exp(-(waves.grid.x**2)), jnp.zeros(301)
sol_waves = gm.integrate(
    waves, gm.field.PreissmanBox(), waves.initial(u=u0, v=v0), dt=0.1, num_steps=100, save_every=10
)
waves.physical(sol_waves.ys)["u"]  # (saves, points)

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
