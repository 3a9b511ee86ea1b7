// Follows the system's light or dark setting; loaded before the page is drawn, so nothing flashes.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const apply = () => document.documentElement.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
apply();
dark.addEventListener("change", apply);
