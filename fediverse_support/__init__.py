"""A federated ActivityPub server for independent peer support communities."""

__version__ = "0.1.0"
