"""What a profile shows: its golden record and its consents. Pure."""
