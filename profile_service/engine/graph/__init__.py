"""Changes of the identity graph: evidence, neighbourhoods, settlement."""
