"""Benchmarks: `python -m benchmarks`.

A module of this folder whose name has no leading underscore is a benchmark, and holds a `BENCHMARK`.
"""
