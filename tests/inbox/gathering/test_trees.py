"""Whatever of a tree arrives, in whatever order, and whatever has to be looked for: it ends the same."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@st.composite
def trees(draw):
    """(the parent of each post but the first, by its place; which of them arrive, in their order)."""
    size = draw(st.integers(2, 9))
    parents = [draw(st.integers(0, place - 1)) for place in range(1, size)]
    arriving = draw(st.permutations(range(size)))
    return parents, arriving[: draw(st.integers(1, size))]


def grown(search, parents, *, has_context):
    """The posts of a tree, each with its answers, and perhaps with a list that the group keeps."""
    context = {"context": search.internet.url("hub", f"/threads/{search.hour}")} if has_context else {}
    notes = [search.note(search.ana, **context)]
    for number, parent in enumerate(parents):
        author = search.ben if number % 2 else search.ana
        notes.append(search.note(author, notes[parent], **context))
    for place, note in enumerate(notes):
        answers = [notes[number + 1] for number, parent in enumerate(parents) if parent == place]
        search.serve(note["replies"], *answers, type="Collection")
    if has_context:
        search.serve(context["context"], *notes, attributedTo=search.group.uri)
    return notes


@given(tree=trees(), has_context=st.booleans())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_part_of_a_tree_in_any_order_becomes_the_whole_tree(search, tree, has_context):
    parents, arriving = tree
    notes = grown(search, parents, has_context=has_context)
    for place in arriving:
        await search.arrives(notes[place])
    gatherer = search.gatherer()
    search.world.clock.let_pass(minutes=11)
    while await gatherer.step() is not None:
        pass
    root = await search.world.post(notes[0]["id"])
    assert root is not None, "what is above is found from anywhere"
    await search.ask(root)
    while await gatherer.step() is not None:
        pass
    stored = await search.tree()
    expected = {notes[0]["id"]: (None, notes[0]["id"])}
    for number, parent in enumerate(parents):
        expected[notes[number + 1]["id"]] = (notes[parent]["id"], notes[0]["id"])
    assert {uri: place for uri, place in stored.items() if uri in expected} == expected
    active = await search.world.one("select max(published_at) from posts where root_id = $1", root["id"])
    assert (await search.world.post(notes[0]["id"]))["active_at"] == active
