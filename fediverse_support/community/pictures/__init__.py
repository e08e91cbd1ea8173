"""Pictures that people add, and copies of those that others show."""
