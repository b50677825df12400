"""What a CNF says: which of its variables are decided, and how many solutions it has."""
