"""The handlers: convert, call one use case, convert."""
