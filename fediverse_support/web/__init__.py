"""The doors: HTTP in, HTTP out. No SQL and no rules in here.

`pages` is what members see, `desk` what moderators see, `federation` what other servers see.
Every handler says who may call it (`security.py`); `middleware.py` wraps them all.
"""
