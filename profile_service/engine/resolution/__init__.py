"""Resolution of source records, one by itself or many together."""
