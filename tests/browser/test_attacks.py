"""Every attack of the corpus, in every field that others can fill, in a real browser (X1).

The content security policy would stop a script even if one came through; here nothing may come through.
"""

import json
from pathlib import Path

import pytest
from playwright.async_api import ConsoleMessage, Page, Request

from fediverse_support.core.markup import safe_text, sanitise
from fediverse_support.database.pool import acquire

CORPUS = Path(__file__).parents[2] / "../shared/corpora/xss/xss-vectors.json"
A_THREAD = 950

LIVING = """
() => {
  const found = [];
  for (const element of document.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      if (name.startsWith("on") || name === "style" || name === "srcdoc") found.push(element.outerHTML);
      if (["href", "src", "action", "formaction", "data"].includes(name)
          && /^[\\s\\x00-\\x20]*(javascript|data|vbscript):/i.test(value)) found.push(element.outerHTML);
    }
    const name = element.localName;
    if (["script", "img", "link"].includes(name)) {
      const address = element.getAttribute("src") || element.getAttribute("href") || "";
      if (!address.startsWith("/static/")) found.push(element.outerHTML);
    }
    if (["iframe", "object", "embed", "svg", "math", "base", "style", "video", "audio"].includes(name)) {
      found.push(element.outerHTML);
    }
  }
  return found.slice(0, 5);
}
"""


async def fill(house, payloads: list[str]) -> str:
    """A thread whose every post carries one attack in its words, its warning, its author's name."""
    async with acquire(house.world.pool) as db:
        group = await db.fetchval("select id from actors where name = 'night_owls'")
        first = await db.fetchval("select coalesce(max(id), 0) + 1000 from posts")
        for number, payload in enumerate(payloads, first):
            text = safe_text(payload, 300)
            await db.execute(
                """
                insert into actors (id, uri, type, is_local, name, host, display_name, summary_html, url)
                values ($1::bigint, $2, 'Person', false, $3, 'evil.example', $3, '', $2)
                """,
                number,
                f"https://evil.example/users/{number}",
                payload.replace("\x00", "")[:200] or "x",
            )
            await db.execute(
                """
                insert into posts (id, uri, author_id, group_id, root_id, parent_id, title, content_html,
                                   content_warning, reach, url, attachments, published_at, active_at)
                values ($1::bigint, $2, $1, $3, $4::bigint, nullif($4, $1), $5, $6, $7, 'open', $8, $9,
                        now(), now())
                """,
                number,
                f"https://evil.example/notes/{number}",
                group,
                first,
                payload.replace("\x00", "")[:200] if number == first else "",
                sanitise(payload),
                text if number % 2 else "",
                payload.replace("\x00", "")[:2000] or None,
                [{"url": payload.replace("\x00", "")[:500], "media_type": "image/png", "alt": text}],
            )
        return f"/posts/{await db.fetchval('select public_id from posts where id = $1', first)}"


def watch(page: Page, home: str, trouble: list[str]) -> None:
    """Note every dialog, every request that leaves, and every complaint of the browser."""

    def on_request(request: Request) -> None:
        if not request.url.startswith(home):
            trouble.append(f"request: {request.url}")

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            trouble.append(message.text)

    page.on("dialog", lambda dialog: trouble.append(f"dialog: {dialog.message}"))
    page.on("request", on_request)
    page.on("console", on_console)


async def test_no_attack_of_the_corpus_lives_in_any_field(house):
    if not CORPUS.exists():
        pytest.skip(f"no corpus at {CORPUS}")
    payloads = [item["html"] for item in json.loads(CORPUS.read_text())]
    trouble: list[str] = []
    for start in range(0, len(payloads), A_THREAD):
        batch = payloads[start : start + A_THREAD]
        path = await fill(house, batch)
        context = await house.context("ada")
        page = await context.new_page()
        watch(page, house.world.site.origin, trouble)
        await page.goto(path)
        await page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert await page.locator("article").count() == len(batch)
        trouble += await page.evaluate(LIVING)
        await context.close()
    assert trouble == []
