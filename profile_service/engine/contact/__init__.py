"""What several calls do with a contact: find it, judge it, show it."""
