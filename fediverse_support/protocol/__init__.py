"""ActivityStreams as values: reading, writing, signing. Pure: no network, no database, no clock."""
