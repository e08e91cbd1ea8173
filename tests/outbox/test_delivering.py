"""One worker, real servers: what arrives, in what order, and what is written down."""


async def test_what_is_queued_arrives_signed_and_is_marked(office, sink):
    await office.publish("create", "a", "b")
    assert await office.worker().step() == 2
    assert await office.states() == {"create@a": "delivered", "create@b": "delivered"}
    (seen,) = sink.at("a")
    assert seen.activity == "create"
    assert seen.headers["content-type"] == "application/activity+json"
    assert 'keyId="http://here.localhost:1/groups/group#main-key"' in seen.headers["signature"]
    assert await office.worker().step() == 0


async def test_a_running_worker_delivers(office, sink, run_until):
    await office.publish("create", "a", "b")
    await run_until(office.worker(), lambda: len(sink.seen) == 2)
    assert set((await office.states()).values()) == {"delivered"}
