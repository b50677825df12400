"""The experiments of the paper, as presets that anyone can copy and change."""
