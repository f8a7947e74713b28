"""Layer solvers: one step of the state equation, its exact costate step, perhaps its inverse."""
