// Leave quickly: the link, or Shift pressed three times, takes this page out of the way and out of the history.
// Without this script the link still works.
const link = document.querySelector("a.leave");
let presses = [];

function leave(event) {
  if (event) event.preventDefault();
  document.title = " ";
  document.body.hidden = true;
  location.replace(link.href);
}

if (link) {
  link.addEventListener("click", leave);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Shift") {
      presses = [];
    } else if (!event.repeat) {
      presses = [...presses.filter((time) => event.timeStamp - time < 2000), event.timeStamp];
      if (presses.length >= 3) leave();
    }
  });
}
