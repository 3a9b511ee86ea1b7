// What the pages do in the browser beyond HTMX. No page depends on it: without script every form
// is an ordinary form and every link an ordinary link.
import htmx from "htmx.org";

window.htmx = htmx;

const byId = (id) => document.getElementById(id);

// A form is sent once: a second click while it is under way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  if (form.dataset.confirm && !form.dataset.confirmed) {
    event.preventDefault();
    askFirst(form, event.submitter);
    return;
  }
  if (form.getAttribute("aria-busy") === "true") {
    event.preventDefault();
    return;
  }
  form.setAttribute("aria-busy", "true");
  for (const button of form.querySelectorAll("[type=submit]")) button.classList.add("is-busy");
});

// Coming back with the back button finds the form usable again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) {
    form.removeAttribute("aria-busy");
    delete form.dataset.confirmed;
    for (const button of form.querySelectorAll(".is-busy")) button.classList.remove("is-busy");
  }
});

function askFirst(form, submitter) {
  const dialog = byId("confirm");
  byId("confirm-text").textContent = form.dataset.confirm;
  dialog.onclose = () => {
    if (dialog.returnValue !== "yes") return;
    form.dataset.confirmed = "1";
    form.requestSubmit(submitter || undefined);
  };
  dialog.returnValue = "";
  dialog.showModal();
}

// The explanation drawer opens when a rule has been loaded into it.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "drawer-body" && !byId("drawer").open) byId("drawer").showModal();
});
document.addEventListener("click", (event) => {
  const dialog = event.target.closest("dialog");
  if (dialog && event.target === dialog) dialog.close();
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  const copied = event.target.closest("[data-copy]");
  if (copied) copy(copied);
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

function copy(button) {
  const source = document.querySelector(button.dataset.copy);
  navigator.clipboard.writeText(source.value ?? source.textContent.trim()).then(() => {
    button.dataset.copied = "1";
    byId("announce").textContent = button.dataset.done || "";
  });
}

// What was typed stays on the screen when the session has ended meanwhile, or the network failed.
document.addEventListener("session-ended", () => byId("session-ended").showModal());
document.addEventListener("htmx:sendError", () => byId("offline").showModal());
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status >= 500) byId("offline").showModal();
});
// An answer that names mistakes (422) is shown like any other.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

// Filters of a list act at once; their button is for those without script.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-autosubmit]");
  if (form) form.requestSubmit();
});

// "Mend now" links lead to a field by its id: it gets the focus, and stands out for a moment.
function focusNamed() {
  const named = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
  if (!named) return;
  const field = named.matches("input, select, textarea, button, a") ? named : named.querySelector("input, select, textarea") || named;
  named.classList.add("is-named");
  field.focus({ preventScroll: true });
  named.scrollIntoView({ block: "center" });
}
window.addEventListener("hashchange", focusNamed);
document.addEventListener("DOMContentLoaded", focusNamed);
