"""The pure core: no I/O, no clock, no protobuf. Facts in, decisions out."""
