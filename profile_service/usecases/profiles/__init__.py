"""Calls that concern profiles and their identifiers."""
