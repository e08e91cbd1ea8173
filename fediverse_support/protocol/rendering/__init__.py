"""Our values as ActivityStreams JSON. Pure: a value goes in, a dictionary comes out, nothing is looked up.

    context       the JSON-LD contexts, static
    actors        group, person, the server itself
    posts         Note and Tombstone
    activities    what an actor did: Create, Announce, Follow, …
    collections   followers, moderators, featured, threads
    discovery     WebFinger, NodeInfo, host-meta

Every function returns a whole document with `@context` first, ready to be served or sent. Each peer trips
over something else, so the form is one that all of them take: a string where one thing is meant, arrays for
`to`, `cc`, `tag` and `attachment` always, no nulls, no relative or aliased ids, times in UTC with `Z`. Ids of
activities are given by the caller, because what was sent must stay fetchable.
"""
