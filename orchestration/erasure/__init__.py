"""Erasing people: who was erased, what of them lies where, and how it goes."""
