"""Node program: starts the training engine of one node, watches it, and answers the launching machine. Python standard library only."""

PROTOCOL = 1
