"""What other servers see: the inboxes, and documents about who is here and what was said.

    inbox         POST only; lean, because it is called a thousand times for one call of anything else
    webfinger     who is behind a name
    nodeinfo      what runs here, and where WebFinger is
    actors        groups, people, the server itself
    objects       posts and activities
    collections   outbox, followers, moderators, featured, replies, context
    negotiation   page or document, where both have one address
    answers       how a document is answered: types, caches, tombstones, and the one 404

No document here depends on who asks: what a guest may not see is not served to other servers either.
"""
