"""The constraint language that UVL and FeatureIDE attributes share: tokens, parser, printer."""
