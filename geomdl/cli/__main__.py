"""`python -m geomdl.cli` is the command `geomdl`."""

from geomdl.cli import main

main()
