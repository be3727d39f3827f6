"""Strategies compared at equal cost: arms made from the catalogue of tactics, with the scenario's own effects."""
