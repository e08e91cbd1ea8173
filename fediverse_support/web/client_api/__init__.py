"""The client API: what Mastodon apps call. One module for each family of addresses; what stands around every
call is in `calls.py` (who may), `parameters.py` (what was sent), `paging.py` and `door.py` (the way in)."""
