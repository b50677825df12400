"""The constraint language that UVL and FeatureIDE's attributes share: tokens, formulas, values, references."""
