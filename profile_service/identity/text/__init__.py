"""Text as customers and sources write it, read within bounds. Pure."""
