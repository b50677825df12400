"""FeatureIDE's XML: feature models, configurations and project folders."""
