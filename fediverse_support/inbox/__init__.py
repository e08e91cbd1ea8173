"""What other servers send us: taken in, judged, and put into effect. Two phases, so that nothing is lost.

**Reception** (`reception.py`) runs while the other server waits. It has one fixed order of guards: size,
content type, JSON, sender's domain, signature, signer and actor agree, rate. What passes is stored, and
only when the store is on disk does the sender get its 202 (`committing.py`: arrivals that come at the
same time share one commit). Reception never calls out: a signature whose key we do not know is stored
*unverified*, a bounded number for each host.

**Processing** (`processing.py`) runs in the worker. It verifies what was stored unverified
(`verifying.py`), finds out who says what (`handling.py`), asks policy with all facts (`facts.py`,
`judging.py`: the one place for what comes from elsewhere, also for what was only looked up), and calls one
handler (`handlers/`). The handler's effects, the decision, the deliveries that follow and the mark on the
row commit together, so that a kill at any instant leaves either all or nothing, and running it again doubles
nothing. A handler never fetches: it asks its context for a document, and where that is not at hand, the
transaction is rolled back, the document is fetched under a budget (`context.py`), and the handler runs again.

What has to wait for a moderator is rolled back too, and kept until they have looked. What policy refuses
leaves nothing but the decision, and is answered only where the community wants that (`refusing.py`).

What cannot be digested is parked with its error, visible to the admin, and can be replayed.
"""
