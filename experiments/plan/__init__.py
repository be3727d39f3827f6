"""The plan of a trial: `making` makes it, `sections` says it; the others find the facts and the words."""
