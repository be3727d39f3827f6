"""The figures of a run: `drawing` draws them all, `style` says how they look, each other file is one of them."""
