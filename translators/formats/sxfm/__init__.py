"""SXFM, the XML of the SPLOT repository."""
