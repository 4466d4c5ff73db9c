"""Section 5: how unevenly the interactions of a week are spread.

Readings where the page is silent:
- It is spread over the members who have an active interaction in the week; those who have none are not in n.
- The Gini coefficient is the plain one (mean absolute difference over twice the mean), without a small-sample factor.
"""

from __future__ import annotations

from fractions import Fraction

from .people import rate


def concentration(counts: list[int]) -> dict:
    """'`top_1_pct_share`, `top_10_pct_share` (ceil(n x p) members), `gini`, `absence_factor`' of counts above 0."""
    largest = sorted(counts, reverse=True)
    n, whole = len(largest), sum(largest)
    row = {f"top_{p}_pct_share": rate(sum(largest[: -(-n * p // 100)]), whole) for p in (1, 10)}
    differences = sum(abs(one - other) for one in largest for other in largest)
    row["gini"] = float(Fraction(differences, 2 * n * whole)) if whole else None
    # "fewest members who together hold at least half of the interactions"
    row["absence_factor"] = next((k for k in range(1, n + 1) if 2 * sum(largest[:k]) >= whole), None)
    return row
