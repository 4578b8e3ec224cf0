"""Matching by attributes: parse, block, compare, score. Pure, as all of the core."""
