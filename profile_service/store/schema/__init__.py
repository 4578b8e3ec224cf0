"""The schema: migrations, functions, and what they come to."""
