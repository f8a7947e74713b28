"""`geomdl train`: a network learns a data set by the forward-backward sweep."""

from pathlib import Path

import click
import jax
import jax.numpy as jnp

from geomdl import data, nn
from geomdl._errors import require
from geomdl.cli import _options
from geomdl.cli._choices import ADJOINTS, OPTIMIZERS, SOLVERS, UPDATES
from geomdl.cli._folder import new_folder
from geomdl.cli._nets import NETS, network
from geomdl.cli._pictures import draw
from geomdl.cli._processes import join, launch
from geomdl.fluid import layer_advice
from geomdl.train import evaluate, fit

EXAMPLES = """
\b
Examples:
  geomdl train                                         the handwritten digits
  geomdl train --dataset spirals --depth 50
  geomdl train --dataset mnist/train-images-idx3-ubyte.gz --epochs 10
  geomdl train --dataset table.csv --width 128 --optimizer adamw --lr 3e-3
  geomdl train --solver leapfrog --depth 1000
  geomdl train --devices 4 --batch-size 256            on every device a quarter of a batch
  geomdl train --processes 2                           two processes on this machine share every batch
  geomdl train --processes 2 --coordinator HOST:PORT --process 0 --out FOLDER    on each of two machines
  geomdl train --net neural-field --dataset moons      a continuum of neurons, cut at Gauss's nodes
  geomdl train --update emsa --dataset spirals         every layer minimises its Hamiltonian
  geomdl train --update ternary --horizon 2            weights -1, 0 and 1
  geomdl train --out runs/mine; geomdl train --out runs/mine --resume --epochs 80
"""


def _choice(names: dict) -> click.Choice:
    return click.Choice(list(names))


@click.command(epilog=EXAMPLES)
@click.option(
    "--dataset",
    default="digits",
    show_default=True,
    metavar="NAME|PATH",
    help=f"One of {', '.join(data.NAMES)}, or a file: IDX as MNIST ships it (also .gz), NPZ, CSV.",
)
@click.option("--net", default="resnet", show_default=True, type=_choice(NETS), help="Which network; see the README.")
@click.option("--depth", default=20, show_default=True, help="Number of layers.")
@click.option("--width", default=128, show_default=True, help="Features per layer.")
@click.option("--horizon", default=8.0, show_default=True, help="Time T of the flow; the step is T/depth.")
@click.option(
    "--solver",
    default="euler",
    show_default=True,
    type=_choice(SOLVERS),
    help="How one layer steps; leapfrog makes it a momentum network.",
)
@click.option(
    "--adjoint",
    default="auto",
    show_default=True,
    type=_choice(ADJOINTS),
    help="What the backward sweep stores and what it computes again.",
)
@click.option("--optimizer", default="adam", show_default=True, type=_choice(OPTIMIZERS), help="From optax.")
@click.option(
    "--update",
    default="gradient",
    show_default=True,
    type=_choice(UPDATES),
    help="What improves the layers: the optimizer, like all else, or a minimum of the Hamiltonian layer by layer.",
)
@click.option("--lr", default=1e-3, show_default=True, help="Learning rate.")
@click.option("--epochs", default=40, show_default=True, help="How often each example is seen.")
@click.option("--batch-size", default=64, show_default=True, help="Examples per step.")
@click.option("--devices", default=None, type=int, help="How many devices share every batch; by default one.")
@click.option("--shard-layers", is_flag=True, help="On every device a share of each layer, instead of all.")
@click.option("--processes", default=None, type=int, help="How many processes share every batch, with all devices.")
@click.option("--coordinator", default=None, metavar="HOST:PORT", help="Of process 0, if started machine by machine.")
@click.option("--process", default=None, type=int, help="Which of the processes this is.")
@click.option("--seed", default=0, show_default=True, help="Of the split, the weights and the order.")
@click.option("--resume", is_flag=True, help="Continue the run in --out from its last finished epoch.")
@_options.output
@click.pass_context
def train(
    context: click.Context,
    dataset: str, net: str, depth: int, width: int, horizon: float, solver: str, adjoint: str, optimizer: str,
    update: str,
    lr: float, epochs: int, batch_size: int, devices: int | None, shard_layers: bool,
    processes: int | None, coordinator: str | None, process: int | None, seed: int, out: Path | None, resume: bool,
    quiet: bool,
) -> None:  # fmt: skip
    """Train a residual network by the forward-backward sweep over its Pontryagin Hamiltonian system.

    Writes a checkpoint after every epoch, metrics as JSON lines, and four pictures: loss and accuracy, costate and
    gradient norm per layer, the features flowing through depth, and the confusion matrix of the test part.
    """
    require(0 < lr < float("inf"), f"`--lr` must be positive and finite, got {lr}.")
    require(0 <= seed < 2**32, f"`--seed` must lie between 0 and {2**32 - 1}, got {seed}.")
    require(dataset != "", f"`--dataset` is empty: give one of {', '.join(data.NAMES)}, or a path.")
    require(out is None or str(out) != ".", "`--out` must name a folder of its own, not the current one.")
    require(not resume or out is not None, "`--resume` needs `--out`, the folder of the run to continue.")
    if processes is not None and coordinator is None and process is None:
        place = [] if out is not None else ["--out", str(new_folder(dataset))]
        context.exit(launch(processes, [*context.obj, *place]))
    join(coordinator, processes, process)
    require(out is not None or process is None, "`--out` must be given, for all processes to agree on it.")
    say = click.echo if jax.process_index() == 0 else lambda *_: None
    parts = data.load(dataset, seed=seed)
    net_key, order_key = jax.random.split(jax.random.key(seed))
    sizes = (parts.train.num_features, parts.train.num_classes)
    shape = {"width": width, "depth": depth, "horizon": horizon, "key": net_key}
    model = network(net, sizes, shape, solver, adjoint, update)
    say(
        f"{parts.train.name}: {len(parts.train)} training and {len(parts.test)} test examples, {sizes[0]} features, "
        f"{sizes[1]} classes\n"
        f"network: {net}, {depth} layers of width {width}, solver {type(model.solver).__name__}, adjoint "
        f"{model.chosen_adjoint}\n"
        f"device: {_device()}"
    )
    if jax.process_index() == 0:
        say(_outlook(model, parts.train))
        say(f"the fluid's rule of layers and nodes: {layer_advice(None)}")
    folder = new_folder(parts.train.name) if out is None else out
    try:
        model, log = fit(
            model,
            parts.train,
            validation=parts.test,
            optimizer=OPTIMIZERS[optimizer](lr),
            update=UPDATES[update],
            epochs=epochs,
            batch_size=batch_size,
            devices=devices,
            shard_layers=shard_layers,
            key=order_key,
            out=folder,
            resume=resume,
            settings={"dataset": dataset, "net": net, "depth": depth, "width": width, "horizon": horizon,
                      "solver": solver, "adjoint": adjoint, "optimizer": optimizer, "update": update, "lr": lr,
                      "seed": seed},
            progress=not quiet,
        )  # fmt: skip
    except KeyboardInterrupt:
        raise click.Abort("Interrupted; the last finished epoch is kept, and --resume continues from it.") from None
    if jax.process_index() > 0:
        return
    _, accuracy, predictions = evaluate(model, parts.test)
    draw(model, log, parts.test, predictions, folder)
    seconds = sum(epoch.seconds for epoch in log.epochs)
    if resume and len(log.epochs) > epochs:
        click.echo(f"the run had {len(log.epochs)} epochs already, more than --epochs {epochs}: nothing was trained")
    click.echo(f"test accuracy {accuracy:.4f} after {len(log.epochs)} epochs, {seconds:.1f} s; results in {folder}")


def _outlook(net: nn.AbstractResNet, examples: data.Dataset) -> str:
    """What the amplification of the untrained network says of its training; of few examples if it is deep."""
    x = jnp.asarray(examples.features[: max(1, min(64, 20_000 // net.depth))], net.lift.weight.dtype)
    found = net.stable_depth(x)
    advice = {
        "vanishing": ": early layers will hardly learn; take a smaller --horizon",
        "stable": "",
        "doubtful": ": training may suffer; a smaller --horizon or more layers (--depth) amplify less",
        "unstable": ": expect training to fail; take a smaller --horizon or more layers (--depth)",
    }
    return f"amplification before training: {float(found.amplification):.3g}, {found.verdict}{advice[found.verdict]}"


def _device() -> str:
    device = jax.devices()[0]
    several = f", {jax.process_count()} processes" if jax.process_count() > 1 else ""
    return f"{device.platform.upper()} ({device.device_kind}){several}"
