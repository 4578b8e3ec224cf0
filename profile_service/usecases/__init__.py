"""One use case, one file: reads, asks the pure core for a plan, has the store write it."""
