"""SXFM, the XML of the SPLOT repository: a reader and a writer."""
