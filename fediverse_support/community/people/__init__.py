"""People follow people, write outside of groups, and keep out of the way of each other."""
