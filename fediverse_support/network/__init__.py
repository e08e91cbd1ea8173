"""Everything that leaves this server: HTTP, remote documents, handles, NodeInfo, mail, push.

There is one outbound door, `client.Client`, because every server that had two has had a hole in one of
them (GHSA-46w6-g98f-wxqm, CVE-2026-62857, CVE-2026-77632). What a request meets on its way out:

    urls.Gate        the URL has one strict form              protocol/urls.py
    Client           https only, deadline, redirects by hand  client.py
    Resolver         every answer of DNS is checked           guard.py
    Guard            the address really connected to, too     guard.py
    bodies.read      counts bytes after decoding              bodies.py

and above it, for ActivityPub: `Documents` (who may say what about which id), `webfinger`, `nodeinfo`.
"""
