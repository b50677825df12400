"""XML documents with places, and FeatureIDE's formula elements."""
