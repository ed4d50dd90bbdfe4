// Light or dark: by the system's setting until the user chooses. public/theme.js brings back the choice of the last visit.

const dark = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

class Theme {
  chosen: string | undefined = $state(root.dataset.theme);
  system = $state(dark.matches);

  constructor() {
    dark.addEventListener("change", (event) => (this.system = event.matches));
  }

  get isDark(): boolean {
    return this.chosen === undefined ? this.system : this.chosen === "dark";
  }

  toggle(): void {
    this.chosen = this.isDark ? "light" : "dark";
    root.dataset.theme = this.chosen;
    try {
      localStorage.setItem("confvet-theme", this.chosen);
    } catch {
      // A browser that stores nothing forgets the choice.
    }
  }
}

export const theme = new Theme();
