"""From solutions to configurations, from configurations to architectures, and the ways back."""
