"""``python -m experiments.commands`` is the command line where no command `netrial` is installed."""

from experiments.commands import main

if __name__ == "__main__":
    main()
