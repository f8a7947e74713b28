"""What a classifier is trained on, and judged by."""

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int


def cross_entropy(logits: Float[Array, "*batch classes"], labels: Int[Array, "*batch"]) -> Float[Array, ""]:
    """The mean cross-entropy of softmax(logits), in nats."""
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, labels))


def num_correct(logits: Float[Array, "*batch classes"], labels: Int[Array, "*batch"]) -> Int[Array, ""]:
    """How many of the largest logits are at the label."""
    return jnp.sum(jnp.argmax(logits, axis=-1).astype(labels.dtype) == labels)
