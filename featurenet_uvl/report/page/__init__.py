"""The report as one web page that needs no other file."""
