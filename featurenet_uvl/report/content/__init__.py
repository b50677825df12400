"""The content of a report: the study, its tables, figures and captions."""
