"""Source records on their way: described, searched for, weighed."""
