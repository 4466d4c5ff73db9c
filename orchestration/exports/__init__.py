"""From a platform's export to raw rows in the lake: finding files, reading them once, and accounting for every row."""
