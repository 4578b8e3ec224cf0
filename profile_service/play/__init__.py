"""Play contacts from files through a running service, over its own client."""
