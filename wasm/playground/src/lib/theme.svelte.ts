// Light or dark: by the system's setting until the user chooses.

const dark = matchMedia("(prefers-color-scheme: dark)");

class Theme {
  chosen: "light" | "dark" | null = $state(null);
  system = $state(dark.matches);

  constructor() {
    dark.addEventListener("change", (event) => (this.system = event.matches));
  }

  get isDark(): boolean {
    return this.chosen === null ? this.system : this.chosen === "dark";
  }

  toggle(): void {
    this.chosen = this.isDark ? "light" : "dark";
    document.documentElement.dataset.theme = this.chosen;
  }
}

export const theme = new Theme();
