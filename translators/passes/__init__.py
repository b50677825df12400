"""One pass a file: a function from one stage's type to the next."""
