"""Who sent a request, and who wrote a document.

`verification` and `signing` are about requests (draft-cavage-12 and RFC 9421), `proofs` about documents
(FEP-8b32), `keys` about what both are made with. Nothing here reads the network, a clock or a database.
"""
