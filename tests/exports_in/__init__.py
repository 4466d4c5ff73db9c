"""Exports written for the tests of the reading, and what became of them."""
