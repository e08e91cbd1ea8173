"""`token create`: a program may act for a member who can sign in, within scopes that there are."""

PASSWORD = "quiet river stones\n"


def test_a_token_is_made_only_for_who_may_sign_in_and_only_with_scopes_that_there_are(program):
    def tokens() -> list[dict]:
        return program.database("select account_id, actor_id, application_id, scopes from access_tokens")

    program.run("member", "add", "tilda", "--password-stdin", said=PASSWORD)
    assert "no member" in program.refused("token", "create", "nobody")
    assert "not all scopes" in program.refused("token", "create", "tilda", "--scopes", "read everything")
    assert "not all scopes" in program.refused("token", "create", "tilda", "--scopes", "")
    assert "no group" in program.refused("token", "create", "tilda", "--group", "nothing")
    program.run("group", "add", "tiles", "--title", "Tiles")
    assert "does not look after" in program.refused("token", "create", "tilda", "--group", "tiles")
    program.run("member", "disable", "tilda")
    assert "cannot sign in" in program.refused("token", "create", "tilda")
    program.run("member", "enable", "tilda")
    assert tokens() == []

    plain = program.run("token", "create", "tilda")
    assert (plain.returncode, plain.stderr) == (0, "")
    assert len(plain.stdout.strip()) == 43
    program.run("group", "moderators", "add", "tiles", "tilda")
    made = program.json("token", "create", "tilda", "--scopes", "read:statuses push", "--group", "tiles")
    assert made["scope"] == "read:statuses push"
    first, second = tokens()
    assert list(first["scopes"]) == ["read", "write", "follow", "push"]
    assert first["application_id"] is second["application_id"] is None
    assert second["account_id"] == first["account_id"]
    assert second["actor_id"] != first["actor_id"]
    assert made["access_token"] not in str(program.database("select * from deeds"))

    program.run("member", "reset-password", "tilda", "--password-stdin", said="seven slow paper boats\n")
    assert tokens() == []
