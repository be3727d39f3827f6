"""The engine: people, ties, behaviours, clocks and one arm's trajectory. Knows no intervention and no file format."""

ENGINE = 1
"""Raised whenever equal seeds come to give other results: results folders of another number are not added to."""
