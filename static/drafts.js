// Keeps what is being written as a draft on the server, two seconds after the last key.
// Without this script the button "Keep as a draft" does the same.
for (const form of document.querySelectorAll("form[data-draft]")) {
  const status = form.querySelector("[role=status]");
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const answer = await fetch("/drafts", {
        method: "POST",
        headers: { Accept: "text/plain" },
        body: new URLSearchParams(new FormData(form)),
      }).catch(() => null);
      if (status) status.textContent = answer && answer.ok ? form.dataset.draft : form.dataset.unsaved;
    }, 2000);
  });
  form.addEventListener("submit", () => clearTimeout(timer));
}
