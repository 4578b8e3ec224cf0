"""Why customers are one or not, and what another policy would make of them."""
