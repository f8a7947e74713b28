"""Equations with their actions, and exact solutions of them."""
