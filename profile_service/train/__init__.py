"""Learn the match model from a tenant's own records with Splink. Needs the extra `train`."""
