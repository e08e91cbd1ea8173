"""Starting, stopping, migrating, backing up: the program as a whole."""

import json
import urllib.request


def test_without_a_domain_nothing_starts(new_program):
    program = new_program()
    for command in ("serve", "web", "worker", "migrate", "doctor"):
        assert "FS_DOMAIN is not set" in program.refused(command, FS_DOMAIN="")
    assert not list(program.data.iterdir())


def test_a_wrong_setting_is_named(new_program):
    assert "FS_DOMIAN" in new_program().refused("serve", FS_DOMIAN="x")


def test_a_certificate_that_is_none_is_one_line_before_anything_starts(new_program):
    program = new_program()
    line = program.refused("serve", FS_TLS_CERT=__file__, FS_TLS_KEY=__file__)
    assert "FS_TLS_CERT" in line
    assert not list(program.data.iterdir())


def test_a_database_that_is_not_there_is_one_line(new_program):
    line = new_program().refused("member", "list", DATABASE_URL="postgresql://127.0.0.1:1/nothing")
    assert "database" in line


def test_a_member_can_be_added_before_the_first_start_and_migrations_are_checked(new_program):
    program = new_program()
    waiting = program.run("migrate", "--check")
    assert waiting.returncode == 1
    assert "Waiting: 0001_actors.sql" in waiting.stdout
    added = program.spawn(
        "member", "add", "anna", "--role", "owner", "--password-stdin", said="quiet river stones\n"
    )
    assert added.returncode == 0, added.stderr
    assert program.run("migrate", "--check").returncode == 0
    assert program.run("migrate").stdout == "The database is up to date.\n"
    assert program.run("member", "list", "--json").stdout.count('"name": "anna"') == 1


def test_a_running_community_answers_is_measured_backed_up_and_restored(new_program):
    program, other = new_program(), new_program()
    metrics_port = program.free_port()
    with program.serving(FS_METRICS=f"127.0.0.1:{metrics_port}") as address:
        request = urllib.request.Request(f"http://{address}/healthz", headers={"Host": "garden.example"})
        assert urllib.request.urlopen(request, timeout=30).status == 200
        program.until(lambda: program.answers(f"127.0.0.1:{metrics_port}"))
        metrics = (
            urllib.request.urlopen(f"http://127.0.0.1:{metrics_port}/metrics", timeout=30).read().decode()
        )
        assert "\nfs_database_up 1.0\n" in metrics
        program.done("member", "add", "anna", "--password-stdin", said="quiet river stones\n")
        assert "using the data folder" in program.refused("serve")
        backed_up = program.run("backup", "garden.tar.gz")
        assert (backed_up.returncode, backed_up.stdout) == (0, "Backed up to garden.tar.gz.\n")
        assert "there already" in program.run("backup", "garden.tar.gz").stderr
        assert program.run("restore", "garden.tar.gz").returncode == 1
        found = json.loads(program.run("doctor", "--json").stdout)
        assert next(one for one in found if one["name"] == "database")["ok"] is True
    file = str(program.folder / "garden.tar.gz")
    restored = other.run("restore", file)
    assert restored.returncode == 0, restored.stderr
    assert json.loads(other.run("member", "list", "--json").stdout)[0]["name"] == "anna"
    again = other.run("restore", file)
    assert again.returncode == 1
    assert "not empty" in again.stderr.splitlines()[-1]
