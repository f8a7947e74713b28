"""What must hold before anything else is imported."""

import importlib.metadata


def check_installation() -> None:
    """Refuse a jax that computes wrong numbers, and a second library in the same folder."""
    for name in ("jax", "jaxlib"):
        if importlib.metadata.version(name) == "0.10.2":
            raise ImportError(
                f"{name} 0.10.2 returns wrong numbers on CPU (jax-ml/jax#39103): "
                "install another release, e.g. `pip install 'jax!=0.10.2' 'jaxlib!=0.10.2'`."
            )
    try:
        importlib.metadata.distribution("geomdl")
    except importlib.metadata.PackageNotFoundError:
        return
    raise ImportError(
        "The NURBS library `geomdl` is installed into the same folder as this package (`geomdl-jax`), and the two "
        "overwrite each other: use separate environments, or "
        "`pip uninstall geomdl geomdl-jax && pip install geomdl-jax`."
    )
