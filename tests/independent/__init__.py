"""The independent reading of the metrics dictionary: plain Python, written from the specification alone."""
