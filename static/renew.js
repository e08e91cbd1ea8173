// Renews the part of a page that says how far something is, and shows the whole page anew once it is done.
// Without this script the page is loaded again every few seconds.
const part = document.querySelector("[data-renew]");

async function renew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  const found = answer && answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const fresh = found && found.querySelector("[data-renew]");
  if (found && !fresh) return location.reload();
  // What has the focus stays: only what has changed is put in.
  if (fresh && !part.contains(document.activeElement)) part.replaceChildren(...fresh.childNodes);
  setTimeout(renew, 2000);
}

if (part) setTimeout(renew, 1000);
