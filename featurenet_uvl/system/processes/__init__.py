"""Processes that end as they should: signals, the supervisor of a command, other programs, temporary folders."""
