"""The rule set `tensor-shapes`: a network's tensor shapes as determined auxiliaries."""
