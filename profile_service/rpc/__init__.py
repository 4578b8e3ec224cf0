"""Protobuf in, protobuf out: servicers convert, call one use case, convert. No SQL, no matching."""
