-- Raises where it runs.
return 7 / 2, 2 ^ 3
