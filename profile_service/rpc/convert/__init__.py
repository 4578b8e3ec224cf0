"""Messages to what use cases take, and back: one noun a file."""
