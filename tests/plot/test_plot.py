"""The pictures show the numbers they were given."""

import jax
import numpy as np

from geomdl import plot
from geomdl.nn import ResNet
from geomdl.train import Epoch, Log, cross_entropy


def make_sweep():
    net = ResNet(3, 4, 6, 5, key=jax.random.key(0))
    x = jax.random.normal(jax.random.key(1), (20, 3))
    labels = np.arange(20) % 4
    return net.sweep(x, lambda logits: cross_entropy(logits, jax.numpy.asarray(labels))), labels


def test_training_curves_show_the_log(tmp_path):
    log = Log([Epoch(k, 10 * k, 1.0 / k, 0.1 * k, 2.0 / k, 0.05 * k, 100.0, 1.0) for k in (1, 2, 3)])
    figure = plot.training_curves(log)
    loss, accuracy = figure.axes
    np.testing.assert_allclose(loss.lines[0].get_ydata(), [1, 1 / 2, 1 / 3])
    np.testing.assert_allclose(accuracy.lines[1].get_ydata(), [0.05, 0.1, 0.15])
    assert loss.get_xlabel() == "epoch"
    figure.savefig(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 1000


def test_layer_norms_are_norms():
    sweep, _ = make_sweep()
    costates, gradients = plot.layer_norms(sweep).axes
    np.testing.assert_allclose(costates.lines[0].get_ydata(), np.linalg.norm(sweep.costates.reshape(6, -1), axis=1))
    want = [np.sqrt(np.sum(sweep.gradient.weight[k] ** 2) + np.sum(sweep.gradient.bias[k] ** 2)) for k in range(5)]
    np.testing.assert_allclose(gradients.lines[0].get_ydata(), want)


def test_feature_flow_has_a_panel_for_each_depth():
    sweep, labels = make_sweep()
    figure = plot.feature_flow(sweep.states, labels, ["a", "b", "c", "d"], panels=3)
    assert len(figure.axes) == 3
    assert sum(len(points.get_offsets()) for points in figure.axes[0].collections) == 20


def test_confusion_matrix_counts():
    figure = plot.confusion_matrix([0, 0, 1, 1, 1], [0, 1, 1, 1, 0], ["no", "yes"])
    texts = {(t.get_position(), t.get_text()) for t in figure.axes[0].texts}
    assert texts == {((0, 0), "1"), ((1, 0), "1"), ((1, 1), "2"), ((0, 1), "1")}
