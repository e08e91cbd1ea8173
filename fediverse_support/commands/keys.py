"""The keys that our people and groups sign with."""

from cyclopts import App

from fediverse_support.commands.ground import deed
from fediverse_support.commands.terminal import AsJson, print_json, say
from fediverse_support.community.groups import rotation
from fediverse_support.core import clock
from fediverse_support.moderation import deeds

app = App(name="keys", help="The keys that our people and groups sign with.")


@app.command
async def rotate(name: str, /, *, as_json: AsJson = False) -> None:
    """Give one of our people or groups a new key to sign with, and tell every server that follows it.

    The announcement is signed with the old key, everything after it with the new one. NAME may also be the
    domain of this community: that is the server's own key, and the server has to be restarted then.
    """
    async with deed() as (base, db):
        done = await rotation.rotate(db, base.site, base.seal, name, clock.now())
        await deeds.record(db, None, "rotate key", name, "", clock.now())
    if as_json:
        print_json(done)
        return
    say(f"{name} signs with {done.key_id} from now on; {done.told} servers are told.")
    if name == base.site.domain:
        say("Restart every process of this server now: they read its own key at their start.")
