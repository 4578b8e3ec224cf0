"""The identity graph: what counts as evidence, which nodes are one customer, what the parts are called. Pure."""
