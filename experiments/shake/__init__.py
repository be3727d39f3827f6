"""What if an assumption is wrong? Each assumed number of a scenario is halved and doubled, one at a time."""
