"""Joining a group, here and on other servers; being let in, leaving, being asked to stay away."""
