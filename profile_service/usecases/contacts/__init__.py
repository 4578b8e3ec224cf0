"""Calls that concern one contact."""
