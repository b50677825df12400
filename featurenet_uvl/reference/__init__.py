"""The meaning of a feature model, by brute force: the oracle against which every translation is tested.

It follows docs/semantics.md word by word, shares no code with the translators, and is for small models only.
"""

from featurenet_uvl.reference.enumeration import enumerate_configurations, tree_size

__all__ = ["enumerate_configurations", "tree_size"]
