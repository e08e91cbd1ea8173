"""The restore drill: a community that lives, backed up while it works, stands again elsewhere."""

import asyncio
import gzip
import io
import os
import tarfile

import msgspec
import pytest

from fediverse_support.core import clock, sealing
from fediverse_support.core.errors import Misconfigured, Unavailable
from fediverse_support.database import migrations, pool, transfer
from fediverse_support.operations.archive import verify
from fediverse_support.operations.backup import backup
from fediverse_support.operations.restore import restore


def nothing(_):
    """Progress that nobody watches."""


@pytest.fixture
async def community(database, settings):
    """A community with something in every kind of column, a post that answers itself, media and a key."""
    sealing.load_or_make(settings.secret_key_path)
    (settings.data_path / "media" / "ab").mkdir(parents=True)
    (settings.data_path / "media" / "ab" / "picture.webp").write_bytes(os.urandom(70_000))
    for shelf in ("media-copies", "media-incoming"):
        (settings.data_path / shelf).mkdir()
        (settings.data_path / shelf / "not-for-a-backup").write_bytes(b"as it came, with all that it tells")
    async with pool.acquire(database) as connection:
        await connection.execute(FILL)
    return database


@pytest.fixture
async def elsewhere(empty_database_url, settings, tmp_path):
    """Settings and pool of a machine where nothing is yet."""
    other = msgspec.structs.replace(settings, data_dir=str(tmp_path / "elsewhere"))
    found = await pool.connect(other, empty_database_url)
    yield other, found
    found.terminate()


FILL = r"""
    insert into community (title, epoch) values ('Garden', 7);
    insert into hosts (name, first_seen_at)
         values ('a.example', '-infinity'), ('b.example', '2030-01-01 00:00:00.123456+00');
    insert into actors (id, uri, type, is_local, name, host, summary_source, also_known_as)
         select n, 'https://garden.example/people/p' || n, 'Person', true, 'p' || n, 'garden.example',
                E'tab\t line\n back\\slash \\N "quote" üñ🌱 \u2028', array['a,b', '{"x"}', '']
           from generate_series(1, 2000) n;
    insert into actor_keys (id, actor_id, algorithm, public_key, private_key)
         values ('k', 1, 'rsa', 'p', '\x00ff0a5c');
    insert into posts (id, uri, author_id, root_id, parent_id, content_html, reach, mentions,
                       published_at, active_at)
         select n, 'https://garden.example/posts/' || n, 1 + n % 2000, 2000 - n, nullif(1999 - n, 0),
                repeat('x', 3000), 'open', '[{"name": "\\n\"", "n": 1.50}]', now(), now()
           from generate_series(1, 1999) n
"""


async def everything(database):
    """All rows of all tables, and where the sequences stand."""
    async with pool.acquire(database) as connection:
        tables = await transfer.tables(connection)
        rows = {table.name: await connection.fetch(table.query) for table in tables}
        found = {name: sorted(map(repr, values)) for name, values in rows.items()}
        return found, await transfer.sequences(connection)


async def constraints(database):
    async with pool.acquire(database) as connection:
        rows = await connection.fetch(
            "select conname, pg_get_constraintdef(oid), convalidated from pg_constraint order by 1, 2"
        )
        triggers = await connection.fetch(
            "select tgname, tgenabled from pg_trigger where not tgisinternal order by 1"
        )
        return [tuple(row) for row in [*rows, *triggers]]


async def test_a_community_stands_again_elsewhere(community, settings, elsewhere, tmp_path):
    file = tmp_path / "backup.tar.gz"
    other, target = elsewhere

    await backup(settings, community, file, nothing, now=clock.now())
    await restore(other, target, file, nothing)

    assert await everything(target) == await everything(community)
    assert await constraints(target) == await constraints(community)
    assert other.secret_key_path.read_bytes() == settings.secret_key_path.read_bytes()
    assert other.secret_key_path.stat().st_mode & 0o777 == 0o600
    picture = "media/ab/picture.webp"
    assert (other.data_path / picture).read_bytes() == (settings.data_path / picture).read_bytes()
    assert not list(other.data_path.rglob("not-for-a-backup"))
    async with pool.acquire(target) as connection:
        assert await migrations.pending(connection, migrations.folder()) == []


async def test_a_backup_shows_one_moment_although_the_community_goes_on(
    community, settings, elsewhere, tmp_path
):
    file = tmp_path / "backup"
    writing = asyncio.create_task(backup(settings, community, file, nothing, now=clock.now()))
    added = 0
    while not writing.done():
        added += 1
        await add_a_person_with_a_key(community, 10_000 + added)
    await writing

    await restore(elsewhere[0], elsewhere[1], file, nothing)

    async with pool.acquire(elsewhere[1]) as connection:
        people = await connection.fetchval("select count(*) from actors where id > 10000")
        keys = await connection.fetchval("select count(*) from actor_keys where actor_id > 10000")
    assert people == keys < added


async def add_a_person_with_a_key(database, number):
    async with pool.acquire(database) as connection, connection.transaction():
        await connection.execute(
            "insert into actors (id, uri, type, is_local, name, host)"
            " values ($1, 'https://a.example/' || $1::bigint, 'Person', false, 'x', 'a.example')",
            number,
        )
        await connection.execute(
            "insert into actor_keys (id, actor_id, algorithm, public_key)"
            " values ('https://a.example/#' || $1::bigint, $1, 'rsa', '')",
            number,
        )


async def test_a_database_with_something_in_it_is_not_touched(community, settings, elsewhere, tmp_path):
    file = tmp_path / "backup"
    other, target = elsewhere
    await backup(settings, community, file, nothing, now=clock.now())
    await restore(other, target, file, nothing)
    before = await everything(target)

    with pytest.raises(Misconfigured, match="not empty"):
        await restore(other, target, file, nothing)
    assert await everything(target) == before


async def test_a_migrated_database_without_rows_takes_a_backup(community, settings, elsewhere, tmp_path):
    file = tmp_path / "backup"
    other, target = elsewhere
    await backup(settings, community, file, nothing, now=clock.now())
    async with pool.acquire(target) as connection:
        await migrations.apply(connection, migrations.folder(), nothing)

    await restore(other, target, file, nothing)

    assert await everything(target) == await everything(community)


async def test_a_backup_of_another_community_is_refused(community, settings, elsewhere, tmp_path):
    file = tmp_path / "backup"
    await backup(settings, community, file, nothing, now=clock.now())
    other = msgspec.structs.replace(elsewhere[0], domain="harbour.example")

    with pytest.raises(Misconfigured, match=r"backup of garden\.example"):
        await restore(other, elsewhere[1], file, nothing)


async def test_a_backup_of_a_newer_version_is_refused(community, settings, elsewhere, tmp_path, monkeypatch):
    file = tmp_path / "backup"
    await backup(settings, community, file, nothing, now=clock.now())
    older = tmp_path / "older"
    older.mkdir()
    (older / "0001_actors.sql").write_bytes((migrations.folder() / "0001_actors.sql").read_bytes())
    monkeypatch.setattr(migrations, "folder", lambda: older)

    with pytest.raises(Misconfigured, match="does not have"):
        await restore(*elsewhere, file, nothing)
    assert await tables_of(elsewhere[1]) == []


async def test_every_kind_of_damage_is_found_before_anything_is_changed(
    community, settings, elsewhere, tmp_path
):
    good = tmp_path / "backup"
    await backup(settings, community, good, nothing, now=clock.now())
    plain = gzip.decompress(good.read_bytes())
    posts = plain.index(b"tables/posts/000000")
    flipped = bytearray(plain)
    flipped[posts + 2000] ^= 1
    damaged = {
        "cut": good.read_bytes()[: good.stat().st_size // 2],
        "cut at a part": gzip.compress(plain[: posts - posts % 512]),
        "flipped": gzip.compress(bytes(flipped)),
        "flipped in the stream": good.read_bytes()[:5000] + b"!!!!" + good.read_bytes()[5004:],
        "empty": b"",
        "not a tar": gzip.compress(b"hello"),
        "not gzip": b"hello" * 1000,
        "a part less": rebuilt(plain, lambda name: None if name == "secret.key" else name),
        "a part more": rebuilt(plain, lambda name: name, extra="tables/posts/000009"),
        "a way out": rebuilt(plain, lambda name: name, extra="media/../../../tmp/way-out"),
        "a way out at the start": rebuilt(plain, lambda name: name, extra="/tmp/way-out"),
    }
    for kind, data in damaged.items():
        file = tmp_path / kind
        file.write_bytes(data)
        with pytest.raises(Misconfigured):
            await restore(*elsewhere, file, nothing)
        assert await tables_of(elsewhere[1]) == [], kind
        assert not elsewhere[0].data_path.exists(), kind


def rebuilt(plain, rename, extra=None):
    """The archive with its parts renamed or left out, and one more before the manifest."""
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(plain)) as old, tarfile.open(fileobj=out, mode="w:gz") as new:
        for entry in old:
            if extra and entry.name == "manifest.json":
                more = tarfile.TarInfo(extra)
                more.size = 2
                new.addfile(more, io.BytesIO(b"x\n"))
            if rename(entry.name):
                new.addfile(entry, old.extractfile(entry))
    return out.getvalue()


async def tables_of(database):
    async with pool.acquire(database) as connection:
        return [table.name for table in await transfer.tables(connection)]


async def test_a_link_in_a_backup_is_refused(tmp_path):
    file = tmp_path / "linked"
    with tarfile.open(file, "w:gz") as tar:
        link = tarfile.TarInfo("media/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(link)

    with pytest.raises(Misconfigured, match="no backup of ours"):
        verify(file)


async def test_a_backup_is_for_its_owner_only_and_replaces_nothing(community, settings, tmp_path):
    file = tmp_path / "backup"
    await backup(settings, community, file, nothing, now=clock.now())
    assert file.stat().st_mode & 0o777 == 0o600

    before = file.read_bytes()
    with pytest.raises(Misconfigured, match="there already"):
        await backup(settings, community, file, nothing, now=clock.now())
    assert file.read_bytes() == before


async def test_a_backup_that_could_not_be_finished_leaves_nothing_behind(community, settings, tmp_path):
    await community.close()

    with pytest.raises(Unavailable):
        await backup(settings, community, tmp_path / "backup", nothing, now=clock.now())
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


async def test_a_folder_that_is_not_there_stops_a_backup_with_a_clear_word(community, settings, tmp_path):
    with pytest.raises(Misconfigured, match="cannot be written"):
        await backup(settings, community, tmp_path / "no" / "folder", nothing, now=clock.now())


async def test_a_full_disk_stops_a_backup_with_a_clear_word(community, settings, tmp_path, monkeypatch):
    file = tmp_path / "backup"
    real = os.fdopen
    monkeypatch.setattr(
        os,
        "fdopen",
        lambda descriptor, mode: (os.close(descriptor), real(os.open("/dev/full", os.O_WRONLY), mode))[1],
    )

    with pytest.raises(Misconfigured, match="could not be written to the end"):
        await backup(settings, community, file, nothing, now=clock.now())
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


async def test_another_key_in_the_way_is_kept(community, settings, elsewhere, tmp_path):
    file = tmp_path / "backup"
    other, target = elsewhere
    await backup(settings, community, file, nothing, now=clock.now())
    sealing.load_or_make(other.secret_key_path)
    was = other.secret_key_path.read_bytes()

    await restore(other, target, file, nothing)

    assert other.secret_key_path.read_bytes() == settings.secret_key_path.read_bytes()
    assert other.secret_key_path.with_name("secret.key.before-restore").read_bytes() == was
