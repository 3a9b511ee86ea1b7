// A file chooser that also takes dropped files, says at once when one is too big, and shows how far
// the sending is. Everything is in the page without it: this only saves the seller a wait.
const zoneOf = (node) => node?.closest?.("[data-dropzone]");
const zonesIn = (form) => [...form.querySelectorAll("[data-dropzone]")];

function say(zone, chosen, fault) {
  zone.querySelector("[data-chosen]").textContent = chosen;
  zone.querySelector("[data-error]").textContent = fault;
}

// What was chosen, by name and size; too big is said before anything is sent.
function check(zone) {
  const files = [...zone.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
  const most = Number(zone.dataset.maxMib) * 1048576;
  const tooBig = files.find((file) => file.size > most);
  const names = files.map((file) => `${file.name} (${Math.max(1, Math.round(file.size / 1024)).toLocaleString()} kB)`);
  say(zone, names.join(", "), tooBig ? zone.dataset.tooBig : "");
  return !tooBig;
}

document.addEventListener("change", (event) => {
  const zone = event.target.matches("input[type=file]") && zoneOf(event.target);
  if (!zone) return;
  for (const input of zone.querySelectorAll("input[type=file]")) if (input !== event.target) input.value = "";
  check(zone);
});

for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    const zone = zoneOf(event.target);
    if (!zone) return;
    event.preventDefault();
    zone.classList.add("is-over");
  });
}
document.addEventListener("dragleave", (event) => {
  const zone = zoneOf(event.target);
  if (zone && !zone.contains(event.relatedTarget)) zone.classList.remove("is-over");
});
document.addEventListener("drop", (event) => {
  const zone = zoneOf(event.target);
  if (!zone) return;
  event.preventDefault();
  zone.classList.remove("is-over");
  const input = zone.querySelector("input[type=file]");
  if (!event.dataTransfer.files.length) return;
  const one = new DataTransfer();
  one.items.add(event.dataTransfer.files[0]);
  input.files = one.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});

// A file known to be too big is not sent, by an ordinary form or by HTMX.
document.addEventListener(
  "submit",
  (event) => {
    if (zonesIn(event.target).every(check)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    zonesIn(event.target).find((zone) => !check(zone)).querySelector("input[type=file]").focus();
  },
  true,
);

document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = event.target.querySelector?.("[data-dropzone] progress");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.value = Math.round((event.detail.loaded / event.detail.total) * 100);
});
function stopped(event, words) {
  for (const zone of event.target.querySelectorAll?.("[data-dropzone]") ?? []) {
    zone.querySelector("progress").hidden = true;
    zone.querySelector("[data-error]").textContent = words(zone);
  }
}
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 413) stopped(event, () => event.detail.xhr.responseText);
});
document.addEventListener("htmx:sendError", (event) => stopped(event, (zone) => zone.dataset.failed));
