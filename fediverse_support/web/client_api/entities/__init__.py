"""The things of the client API, field by field as apps expect them (Status, Account, …)."""
