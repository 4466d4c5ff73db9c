"""Flags that are learned from a community's own past: the BG/BB model, the learned model, and what they are worth."""
