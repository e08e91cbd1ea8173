"""Every command that looks at or changes the community, beside a running `serve`."""

import json

import pytest

PASSWORD = "quiet river stones\n"
BODY = b'{"type": "Create", "object": {"content": "my husband died"}}'


@pytest.fixture(scope="module")
def arrivals(program) -> dict[str, str]:
    """Two arrivals, one of them parked with an outcome that tries to be clever with the terminal."""
    numbers = {"done": "117000000000000001", "parked": "117000000000000002"}
    for state, number in numbers.items():
        program.database(
            """
            insert into inbox (id, activity_uri, actor_uri, type, host, state, body, outcome, due_at,
                               received_at)
            values ($1, 'https://harbour.example/activities/' || $2, 'https://harbour.example/people/ben',
                    'Create', 'harbour.example', $2, $3, $4, now(), now())
            """,
            int(number), state, BODY, "odd\x1b[2J\nthing",
        )  # fmt: skip
    program.database(
        """
        insert into decisions (id, activity_uri, actor_uri, host, activity_type, outcome, rules, reason,
                               policy_version, facts)
        values (1, 'https://harbour.example/activities/done', 'https://harbour.example/people/ben',
                'harbour.example', 'Create', 'accept', '{}', 'No rule speaks against it.', 1,
                '{"mentions": 2}')
        """
    )
    return numbers


def test_a_command_is_a_program_of_its_own(program):
    """Everything else here runs in the process of the tests; this shows that nothing is lost by that."""
    added = program.spawn("group", "add", "first", "--title", "First", "--json")
    assert (added.returncode, added.stderr) == (0, "")
    assert json.loads(added.stdout)["handle"] == "first@garden.example"
    again = program.spawn("group", "add", "first", "--title", "First", "--json")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr == "fediverse-support: The name first is taken, or was used before.\n"
    assert program.spawn("group", "add", "second").returncode == 2


def test_a_member_is_added_changed_and_looked_at(program):
    assert "10 characters" in program.refused("member", "add", "anna", "--password-stdin", said="short\n")
    assert "--password-stdin" in program.refused("member", "add", "anna", code=2)
    made = program.json(
        "member",
        "add",
        "anna",
        "--role",
        "owner",
        "--email",
        "a@b.example",
        "--password-stdin",
        said=PASSWORD,
    )
    assert (made["name"], made["role"], made["state"]) == ("anna", "owner", "active")
    assert "not free" in program.refused("member", "add", "anna", "--password-stdin", said=PASSWORD)
    program.done("member", "role", "anna", "moderator")
    program.done("member", "disable", "anna", "--reason", "asked for it")
    (listed,) = program.json("member", "list")
    assert (listed["role"], listed["state"], listed["id"]) == ("moderator", "disabled", made["id"])
    program.done("member", "enable", "anna")
    program.done("member", "reset-password", "anna", "--password-stdin", said="other quiet stones\n")
    shown = program.json("member", "show", "anna")
    assert (shown["state"], shown["url"], shown["groups"]) == (
        "active",
        "https://garden.example/people/anna",
        [],
    )
    assert "nobody" in program.refused("member", "show", "nobody")
    assert "already decided" in program.refused("member", "approve", "anna")
    deeds = [
        row["deed"] for row in program.database("select deed from deeds where object = 'anna' order by id")
    ]
    assert deeds == ["add owner", "make moderator", "disable member", "enable member", "reset password"]
    hashes = program.database("select password_hash from accounts")
    assert hashes[0]["password_hash"].startswith("$argon2id$")


def test_who_asked_to_join_is_let_in_or_not(program):
    for name in ("carla", "dora"):
        program.done("member", "add", name, "--password-stdin", said=PASSWORD)
    program.database("update accounts set state = 'waiting' where email is null")
    assert {one["name"] for one in program.json("member", "list", "--waiting")} == {"carla", "dora"}
    program.done("member", "approve", "carla")
    program.done("member", "decline", "dora", "--reason", "not for us")
    assert program.json("member", "list", "--waiting") == []
    states = {one["name"]: one["state"] for one in program.json("member", "list")}
    assert (states["carla"], states["dora"]) == ("active", "declined")


def test_a_group_is_added_changed_and_looked_after(program):
    assert "small letters" in program.refused("group", "add", "Carers!", "--title", "Carers")
    made = program.json(
        "group", "add", "carers", "--title", "Carers", "--summary", "For *us*", "--join", "approval"
    )
    assert (made["handle"], made["join"], made["see"]) == ("carers@garden.example", "approval", "everyone")
    assert "taken" in program.refused("group", "add", "carers", "--title", "Carers")
    program.done("group", "edit", "carers", "--title", "Who cares", "--post", "members")
    assert "no time zone" in program.refused("group", "edit", "carers", "--time-zone", "Middle/Earth")
    program.done("group", "edit", "carers", "--time-zone", "Europe/Berlin")
    assert program.json("group", "show", "carers")["time_zone"] == "Europe/Berlin"
    program.done("member", "add", "emil", "--password-stdin", said=PASSWORD)
    program.done("group", "moderators", "add", "carers", "emil")
    assert "nobody" in program.refused("group", "moderators", "add", "carers", "ghost")
    assert [one["handle"] for one in program.json("group", "moderators", "list", "carers")] == [
        "emil@garden.example"
    ]
    shown = program.json("group", "show", "carers")
    assert (shown["title"], shown["summary"], shown["join"]) == ("Who cares", "For *us*", "approval")
    assert (shown["post"], shown["moderators"]) == ("members", ["emil@garden.example"])
    program.done("group", "moderators", "remove", "carers", "@emil@garden.example")
    assert program.json("group", "moderators", "list", "carers") == []
    assert "carers" in [one["name"] for one in program.json("group", "list")]
    assert "no such group" in program.refused("group", "show", "nothing")


def test_the_usual_reach_of_a_group_is_chosen_and_given_up_again(program):
    assert program.spawn("group", "add", "owls", "--title", "x", "--default-reach", "far").returncode == 2
    program.done("group", "add", "owls", "--title", "Owls", "--default-reach", "members")
    assert program.json("group", "show", "owls")["default_reach"] == "members"
    program.done("group", "edit", "owls", "--title", "Night owls")
    assert program.json("group", "show", "owls")["default_reach"] == "members"
    program.done("group", "edit", "owls", "--default-reach", "widest")
    assert program.json("group", "show", "owls")["default_reach"] == "widest"
    program.done("group", "edit", "owls", "--see", "members", "--default-reach", "quiet")
    shown = program.json("group", "show", "owls")
    assert (shown["reach"], shown["default_reach"]) == ("members", "widest")


def test_people_are_invited_and_who_waits_is_listed(program):
    program.done("group", "add", "tides", "--title", "Tides", "--join", "approval")
    assert "from 1 to 90 days" in program.refused("group", "invite", "tides", "--days", "91")
    assert "no such group" in program.refused("group", "invite", "nothing")
    link = program.done("group", "invite", "tides", "--uses", "3").strip()
    assert link.startswith("https://garden.example/invitations/")
    made = program.json("group", "invite", "tides", "--handle", "@Rosa@harbour.example", "--days", "3")
    assert (made["link"], made["handle"]) == (None, "rosa@harbour.example")
    rows = program.database("select most_uses, code_hash from invitations order by id")
    assert [row["most_uses"] for row in rows] == [3, 1]
    assert link.rpartition("/")[2].encode() not in rows[0]["code_hash"]
    assert program.json("group", "requests", "tides") == []
    assert "Nobody waits." in program.done("group", "requests", "tides")
    program.done("member", "add", "gerda", "--password-stdin", said=PASSWORD)
    program.database(
        """
        insert into join_requests (id, group_id, actor_id, answers)
        select 1, g.id, a.id, '[{"question": "Why?", "answer": "Grief"}]'
          from actors g, actors a where g.name = 'tides' and a.name = 'gerda'
        """
    )
    (asker,) = program.json("group", "requests", "tides")
    assert (asker["handle"], asker["state"]) == ("gerda@garden.example", "waiting")
    assert asker["answers"] == [{"question": "Why?", "answer": "Grief"}]
    shown = program.done("group", "requests", "tides")
    assert "gerda@garden.example" in shown
    assert "Grief" not in shown


def test_the_community_describes_itself(program):
    assert "title" in program.refused("community", "edit", "--title", " ")
    program.done("community", "edit", "--title", "The Garden", "--about-file", "-", said="For **all**\n")
    shown = program.json("community", "show")
    assert (shown["title"], shown["about"], shown["domain"]) == (
        "The Garden",
        "For **all**\n",
        "garden.example",
    )
    assert "cannot be read" in program.refused("community", "edit", "--about-file", "nothing.md")


def test_the_community_has_rules_texts_and_announcements(program):
    program.done("community", "edit", "--contact", "hello@garden.example", "--languages", "en, de")
    shown = program.json("community", "show")
    assert (shown["contact"], shown["languages"]) == ("hello@garden.example", "en de")
    assert "codes" in program.refused("community", "edit", "--languages", "English!")
    written = '[[rule]]\ntitle = "Be kind"\ndetails = "Even *then*."\n'
    program.done("community", "rules", "--file", "-", said=written)
    assert program.json("community", "rules") == [{"title": "Be kind", "details": "Even *then*."}]
    program.done("community", "text", "terms", "--file", "-", "--from", "2026-01-01", said="Be here.")
    assert program.json("community", "text", "terms") == [{"from": "2026-01-01", "source": "Be here."}]
    assert "not a day" in program.refused("community", "text", "terms", "--remove", "--from", "soon")
    program.done("community", "text", "terms", "--remove", "--from", "2026-01-01")
    assert program.json("community", "text", "terms") == []
    program.done("community", "announcements", "add", "We move on **Sunday**.", "--until", "2099-01-01")
    (told,) = program.json("community", "announcements", "list")
    assert told["source"] == "We move on **Sunday**."
    assert "Sunday" in program.done("community", "announcements", "list")
    program.done("community", "announcements", "remove", str(told["id"]))
    assert "no announcement" in program.refused("community", "announcements", "remove", "77")


def test_domains_are_judged_and_lists_exchanged(program):
    assert "own domain" in program.refused("domains", "set", "garden.example", "blocked")
    program.done("domains", "set", "meh.example", "held", "--reason", "new here", "--note", "ask Ben")
    rows = "#domain,#severity,#public_comment\nbad.example,suspend,=1+1\nh*.example\nmeh.example,suspend\n"
    done = program.json("domains", "import", "-", said=rows)
    assert done == {"added": 1, "changed": 0, "skipped": {"hidden": 1, "present": 1}}
    levels = {one["domain"]: one["level"] for one in program.json("domains", "list")}
    assert levels == {"bad.example": "blocked", "meh.example": "held"}
    program.done("domains", "export", "list.csv")
    text = (program.folder / "list.csv").read_text()
    assert "bad.example,suspend,false,false,'=1+1,false" in text
    assert "ask Ben" not in text
    assert "there already" in program.refused("domains", "export", "list.csv")
    program.done("domains", "remove", "meh.example")
    assert "no level" in program.refused("domains", "remove", "meh.example")
    policy = program.json("policy", "show")
    assert [one["domain"] for one in policy["domains"]] == ["bad.example"]
    history = program.json("policy", "history")
    assert history[0] == history[0] | {
        "version": policy["version"],
        "by": None,
        "why": "meh.example: no level",
    }
    assert history[-1]["version"] == 1


def test_what_arrived_is_shown_without_what_was_said(program, arrivals):
    listed = program.run("inbox", "list")
    assert "harbour.example" in listed.stdout
    shown = program.json("inbox", "show", arrivals["done"])
    assert (shown["number"], shown["state"], shown["bytes"]) == (arrivals["done"], "done", len(BODY))
    for found in (listed.stdout, json.dumps(shown), program.done("inbox", "show", arrivals["done"])):
        assert "husband" not in found
    assert "husband" in program.done("inbox", "show", arrivals["done"], "--body")
    assert "No arrival" in program.refused("inbox", "show", "5")
    assert "No arrival" in program.refused("inbox", "show", "9" * 30)


def test_what_others_wrote_does_nothing_to_the_terminal(program, arrivals):
    text = program.done("inbox", "list", "--parked")
    assert "\x1b" not in text
    assert "odd [2J thing" in text
    assert len(text.splitlines()) == 2


def test_what_is_parked_is_replayed_once(program, arrivals):
    (parked,) = program.json("inbox", "list", "--parked")
    assert parked["number"] == arrivals["parked"]
    assert "not parked" in program.refused("inbox", "replay", arrivals["done"])
    program.done("inbox", "replay", arrivals["parked"])
    state = program.database("select state from inbox where id = $1", int(arrivals["parked"]))
    assert state[0]["state"] != "parked" or program.json("inbox", "show", arrivals["parked"])["attempts"] > 0
    assert program.database("select count(*) from deeds where deed = 'replay arrival'")[0]["count"] == 1


def test_a_decision_is_explained_by_id_and_by_number(program, arrivals):
    uri = "https://harbour.example/activities/done"
    by_id, by_number = (program.json("policy", "explain", one) for one in (uri, arrivals["done"]))
    assert by_id == by_number
    (decision,) = by_id["decisions"]
    assert (decision["outcome"], decision["policy_version"]) == ("accept", 1)
    assert (decision["reason"], decision["facts"]) == ("No rule speaks against it.", {"mentions": 2})
    assert "Nothing was decided" in program.refused(
        "policy", "explain", "https://harbour.example/activities/2"
    )


def test_keys_are_rotated_and_the_followers_are_told(program):
    program.done("group", "add", "tea", "--title", "Tea")
    program.database(
        """
        with ben as (
            insert into actors (id, uri, type, is_local, name, host, inbox_url)
            values (7, 'https://harbour.example/people/cleo', 'Person', false, 'cleo', 'harbour.example',
                    'https://harbour.example/inbox') returning id)
        insert into follows (follower_id, followed_id, state, activity_uris)
        select ben.id, actors.id, 'accepted', '{x}' from ben, actors where actors.name = 'tea'
        """
    )
    done = program.json("keys", "rotate", "tea")
    assert done["told"] == 1
    assert done["key_id"].startswith("https://garden.example/groups/tea#key-")
    assert "nobody here" in program.refused("keys", "rotate", "ghost")
    (delivery,) = [one for one in program.json("deliveries", "list") if one["type"] == "Update"]
    assert (delivery["host"], delivery["inbox"]) == ("harbour.example", "https://harbour.example/inbox")
    assert program.json("deliveries", "list", "--state", "delivered") == []
    assert program.json("deliveries", "list", "--host", "other.example") == []


def test_a_host_that_does_not_answer_is_seen_and_called_again(program):
    program.database(
        """
        insert into hosts (name, failures, opened_at, last_error)
        values ('down.example', 9, now(), 'no answer')
        """
    )
    (host,) = [one for one in program.json("deliveries", "hosts") if one["name"] == "down.example"]
    assert (host["failures"], host["last_error"]) == (9, "no answer")
    assert "does not answer since" in program.done("deliveries", "hosts")
    program.done("deliveries", "retry", "down.example")
    assert "down.example" not in [one["name"] for one in program.json("deliveries", "hosts")]
    assert "never had anything" in program.refused("deliveries", "retry", "stranger.example")


@pytest.fixture(scope="module")
def thread(program) -> str:
    """A thread that began on a server that is not there; its id."""
    uri = "https://harbour.example/notes/1"
    program.database(
        """
        with author as (
            insert into actors (id, uri, type, is_local, name, host)
            values (2, 'https://harbour.example/groups/tea', 'Group', false, 'tea', 'harbour.example')
            returning id
        )
        insert into posts (id, uri, public_id, author_id, group_id, root_id, content_html, reach,
                           published_at, active_at)
        select 3, $1, repeat('a', 32), id, id, 3, '<p>my husband died</p>', 'open', now(), now() from author
        """,
        uri,
    )
    return uri


def test_the_rest_of_a_thread_is_looked_for_with_a_word_on_how_far_it_is(program, thread):
    assert "no such post" in program.refused("inbox", "threads", "gather", "https://harbour.example/notes/2")
    for address in (thread, f"https://garden.example/posts/{'a' * 32}"):
        said = program.run("inbox", "threads", "gather", address)
        assert said.returncode == 0
        assert "0 posts were found" in said.stdout
        assert "The worker goes on with it" in said.stdout, "that server does not answer"
        assert "looked at" in said.stderr
    (line,) = program.json("inbox", "threads", "list")
    assert (line["thread"], line["state"], line["found"]) == (thread, "waiting", 0)
    table = program.done("inbox", "threads", "list", "--limit", "5")
    assert thread in table
    assert "husband" not in table


def test_a_thread_that_a_worker_has_in_hand_is_left_to_it(program, thread):
    program.database("update gatherings set state = 'running', leased_until = now() + interval '1 minute'")
    assert "just now" in program.refused("inbox", "threads", "gather", thread)
