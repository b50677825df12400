"""What a command shares with the others: options, streams, progress."""
