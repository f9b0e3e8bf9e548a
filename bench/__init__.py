"""Benchmarks: numbers that anyone can measure again."""
