// Runs before the page is drawn, so that a chosen theme never flashes up in the other one.
try {
  const chosen = localStorage.getItem("confvet-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that stores nothing follows the system's setting.
}
