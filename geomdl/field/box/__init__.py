"""Box schemes: solvers for `FieldSystem`, and ways to solve what is implicit in them."""
