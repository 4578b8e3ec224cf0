"""Calls of stewards."""
