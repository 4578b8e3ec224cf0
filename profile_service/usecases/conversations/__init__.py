"""Calls that concern conversations and their interactions."""
