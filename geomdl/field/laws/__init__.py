"""What box schemes keep: local laws, invariants, modified equations, limits of stability."""
