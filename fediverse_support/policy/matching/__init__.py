"""What decides: rules and word lists, checked, compiled and found again for each arrival."""
