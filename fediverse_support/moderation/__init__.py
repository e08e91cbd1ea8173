"""What moderators do. Every deed is recorded with who, what and why, in the transaction that does it."""
