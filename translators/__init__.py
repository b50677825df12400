"""Readers and writers (formats), passes, encodings, rule sets, and the pipeline that puts them together."""
