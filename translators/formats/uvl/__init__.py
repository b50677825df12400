"""UVL: a hand-written reader, and a writer."""
