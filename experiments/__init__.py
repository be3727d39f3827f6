"""Trials as they are run: arms, replicates, effects, the results folder, the report and the command line."""
