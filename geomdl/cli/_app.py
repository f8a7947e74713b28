"""The commands in one place, and one way to report what went wrong."""

import sys
from collections.abc import Sequence

import click

from geomdl._errors import ConvergenceError, InputError
from geomdl._version import __version__
from geomdl.cli._field import field
from geomdl.cli._mean_field import fluid
from geomdl.cli._simulate import simulate
from geomdl.cli._train import train
from geomdl.run import IntegrationError
from geomdl.train import TrainingDivergedError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="geomdl")
def app() -> None:
    """Differentiable geometric integrators in JAX; deep networks trained by Pontryagin's sweep."""


app.add_command(field)
app.add_command(fluid)
app.add_command(simulate)
app.add_command(train)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 2 for bad input, 1 for a run that failed, 130 if interrupted."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return app(arguments, prog_name="geomdl", standalone_mode=False, obj=arguments) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
    except click.ClickException as error:
        return _report(error.format_message(), 2)
    except InputError as error:
        return _report(str(error), 2)
    except (ConvergenceError, IntegrationError, TrainingDivergedError) as error:
        return _report(str(error), 1)
    except (click.Abort, KeyboardInterrupt) as interrupt:
        return _report(str(interrupt) or "Interrupted.", 130)
    return 0


def _report(sentence: str, code: int) -> int:
    click.echo(f"geomdl: {sentence}", err=True)
    return code
