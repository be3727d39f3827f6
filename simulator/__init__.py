"""The engine: people, ties, behaviours, clocks and one arm's trajectory. Knows no intervention and no file format."""
