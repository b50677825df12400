"""What a notebook or a script uses, exported by `featurenet_uvl` itself; docs/tutorial.md shows it."""
