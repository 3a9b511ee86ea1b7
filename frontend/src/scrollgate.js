// A text that has to be read before something is done: <div data-scroll-gate="#fieldset"> keeps the controls
// of the element it names disabled until the box was scrolled to its end. Without script they are usable at
// once, and the tick beside them is all that is asked.
const ALMOST = 8; // pixels: zoomed pages end on fractions

function guard(box) {
  const gate = document.querySelector(box.dataset.scrollGate);
  if (!gate) return;
  const controls = [...gate.querySelectorAll("button, input[type=checkbox]")];
  const open = () => {
    if (box.scrollTop + box.clientHeight < box.scrollHeight - ALMOST) return;
    for (const control of controls) control.disabled = false;
    gate.dataset.open = "1";
    box.removeEventListener("scroll", open);
    const told = document.getElementById("announce");
    if (told && box.dataset.scrollDone) told.textContent = box.dataset.scrollDone;
  };
  for (const control of controls) control.disabled = true;
  box.addEventListener("scroll", open, { passive: true });
  open();
}

document.addEventListener("DOMContentLoaded", () => {
  for (const box of document.querySelectorAll("[data-scroll-gate]")) guard(box);
});
