"""What a report says: the study, its tables, figures and captions."""
