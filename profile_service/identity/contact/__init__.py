"""What is decided for a contact: who it is, what may be said, what to ask, which conversation it goes on with. Pure."""
