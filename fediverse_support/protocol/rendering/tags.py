"""Tags of posts as each kind of server reads them.

- everybody: `Hashtag`, in the `tag` of a post;
- Lemmy from 1.0: `CommunityPostTag`, in the `tag` of the group (what it offers) and of a post;
- PieFed: `lemmy:CommunityTag`, in `lemmy:tagsForPosts` of the group and in the `tag` of a post, with colours.

A tag's id is the page that lists what was said under it, without a query string.
"""

from collections.abc import Sequence

from fediverse_support.core.models import Actor, OfferedTag, Post
from fediverse_support.protocol.rendering.context import Json
from fediverse_support.protocol.site import Site

COLOURS = {
    "plain": ("#544f57", "#f8f5ef"),
    "leaf": ("#123f39", "#e6efe9"),
    "clay": ("#83401a", "#f8ebdd"),
    "sky": ("#1f4668", "#e4edf5"),
    "dusk": ("#593564", "#f1e8f4"),
}
"""Text and ground of each tone, as our own pages have them by day."""


def offered(group_uri: str, tags: Sequence[OfferedTag]) -> Json:
    """The members that tell what tags a group offers; none of them where it offers none."""
    if not tags:
        return {}
    return {
        "tag": [_for_lemmy(group_uri, tag) for tag in tags],
        "lemmy:tagsForPosts": [_for_piefed(group_uri, tag) for tag in tags],
    }


def of_post(site: Site, post: Post, group: Actor | None, tags: Sequence[OfferedTag]) -> list[Json]:
    """The tags of a post; `tags` is what its group offers. Outside of groups nobody offers any."""
    if group is None:
        return [{"type": "Hashtag", "href": outside(site, name), "name": f"#{name}"} for name in post.tags]
    group_page = page_of(site, group)
    chosen = [tag for tag in tags if tag.name in post.tags]
    return [
        *({"type": "Hashtag", "href": address(group_page, name), "name": f"#{name}"} for name in post.tags),
        *(_for_lemmy(group_page, tag) for tag in chosen),
        *(_for_piefed(group_page, tag) for tag in chosen),
    ]


def page_of(site: Site, group: Actor) -> str:
    """The page here of a group, ours or another server's."""
    return group.uri if group.is_local else f"{site.origin}/groups/{group.handle}"


def address(group_page: str, name: str) -> str:
    """The page that lists what was said in a group under a tag; also the id of the tag."""
    return f"{group_page}/tagged/{name}"


def outside(site: Site, name: str) -> str:
    """The page that lists what was said under a tag outside of groups."""
    return f"{site.origin}/tags/{name}"


def _for_lemmy(group_page: str, tag: OfferedTag) -> Json:
    return {
        "type": "CommunityPostTag",
        "id": address(group_page, tag.name),
        "preferredUsername": tag.name,
        "name": tag.label,
    }


def _for_piefed(group_page: str, tag: OfferedTag) -> Json:
    text, ground = COLOURS[tag.tone]
    return {
        "type": "lemmy:CommunityTag",
        "id": address(group_page, tag.name),
        "display_name": tag.label,
        "text_color": text,
        "background_color": ground,
        "blur_images": False,
    }
