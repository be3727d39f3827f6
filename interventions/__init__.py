"""Interventions: whom x how many x when x what, turned into actions on the engine."""
