"""The parts that commands share: options, streams, progress."""
