"""Training: data sets, the pool of trials, and the store of results."""
