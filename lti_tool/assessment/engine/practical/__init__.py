"""Practical items: a small world made for each pupil from a seed, a question about it, checked on the server."""
