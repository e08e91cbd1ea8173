"""What every process stands on: settings, database, keys, the outbound client, the policy in force.

`laid` puts it together in order and takes it apart again, whatever happens in between. The web application
(`app.py`) and the loops (`worker.py`) are built on it, together in one process or each in its own.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec

from fediverse_support.community.house.policies import Policies
from fediverse_support.core import sealing
from fediverse_support.core.errors import Misconfigured
from fediverse_support.core.sealing import Seal
from fediverse_support.core.settings import Settings
from fediverse_support.database import actors, community, embedded, migrations, pool
from fediverse_support.database.pool import Connection, Pool, acquire
from fediverse_support.inbox.acquaintance import Acquaintance
from fediverse_support.inbox.known_keys import KnownKeys
from fediverse_support.network.client import Client
from fediverse_support.network.documents import Documents
from fediverse_support.network.pictures import Pictures
from fediverse_support.outbox.keyring import Keyring
from fediverse_support.protocol.site import Site, site_of

Progress = Callable[[str], None]


class Foundation(msgspec.Struct, frozen=True, kw_only=True):
    """The parts that outlive a request or an activity."""

    settings: Settings
    site: Site
    pool: Pool
    seal: Seal
    client: Client
    keyring: Keyring
    documents: Documents
    pictures: Pictures
    policies: Policies
    known_keys: KnownKeys
    acquaintance: Acquaintance


@asynccontextmanager
async def laid(
    settings: Settings, progress: Progress, *, join: bool = False, migrate: bool | None = None
) -> AsyncIterator[Foundation]:
    """Everything ready for use; on the first start it is made.

    `join`: use a database that another program of ours runs (commands beside a running `serve`).
    `migrate`: apply migrations; by default what the settings say. Raises `Misconfigured` with what to do.
    """
    async with AsyncExitStack() as stack:
        data = settings.data_path
        embedded.make_data_dir(data)
        dsn = settings.database_url or await stack.enter_async_context(
            embedded.running(data, progress, join=join)
        )
        connections = await pool.connect(settings, dsn)
        stack.push_async_callback(connections.close)
        await _migrated(connections, settings.migrate if migrate is None else migrate, progress)
        site = site_of(settings)
        seal = sealing.load_or_make(settings.secret_key_path)
        async with acquire(connections) as db, db.transaction():
            await _first_start(db, site, seal)
        client = await stack.enter_async_context(Client(settings))
        yield await _built(settings, site, connections, seal, client)


async def _built(settings: Settings, site: Site, connections: Pool, seal: Seal, client: Client) -> Foundation:
    keyring = Keyring(seal, site)
    policies = Policies()
    async with acquire(connections) as db:
        documents = Documents(client, await keyring.instance(db))
        await policies.refresh(db)
    return Foundation(
        settings=settings,
        site=site,
        pool=connections,
        seal=seal,
        client=client,
        keyring=keyring,
        documents=documents,
        pictures=Pictures(settings, client),
        policies=policies,
        known_keys=KnownKeys(connections),
        acquaintance=Acquaintance(connections, site, documents, policies.current),
    )


async def _migrated(connections: Pool, wanted: bool, progress: Progress) -> None:
    async with acquire(connections) as db:
        if wanted:
            await migrations.apply(db, migrations.folder(), progress)
        elif waiting := await migrations.pending(db, migrations.folder()):
            raise Misconfigured(
                f"The database lacks {len(waiting)} migrations. Run `fediverse-support migrate` first."
            )


async def _first_start(db: Connection, site: Site, seal: Seal) -> None:
    """The community's row and the instance actor. Safe to run twice, also at the same time."""
    await community.alone(db)
    await community.make(db, site.domain)
    instance = await actors.by_uri(db, site.instance_actor)
    if instance is None:
        others = await actors.any_local(db)
        if others is not None and not site.is_ours(others):
            raise Misconfigured(
                f"This database belongs to a community at another address ({others}). "
                "FS_ORIGIN cannot be changed: everything said so far carries it."
            )
        await actors.add_local(
            db,
            site,
            seal,
            type="Application",
            name=site.domain,
            display_name=site.domain,
            summary_source="",
            summary_html="",
        )
