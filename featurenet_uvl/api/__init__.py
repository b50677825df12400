"""The classes and functions for notebooks and scripts, which `featurenet_uvl` exports; see docs/tutorial.md."""
