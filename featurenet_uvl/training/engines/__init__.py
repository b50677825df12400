"""Engines: the places where trials run, such as this machine or a Ray cluster."""
