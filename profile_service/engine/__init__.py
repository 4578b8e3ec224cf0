"""Nouns that several use cases need. Writes only through plans; knows no RPC."""
