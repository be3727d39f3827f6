"""The report of a run: `page` writes it, from `facts`, `tables`, `record`, `network` and `words`."""
