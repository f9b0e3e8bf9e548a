"""Scoring an image against what was learnt."""
