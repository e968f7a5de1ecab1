/** Light, dark, or what the system likes. An appearance is no secret, so it outlives the tab. */

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const NAME = "theme";

export function theme(): Theme {
  const stored = localStorage.getItem(NAME);
  return THEMES.find((each) => each === stored) ?? "system";
}

export function show(chosen: Theme): void {
  if (chosen === "system") {
    localStorage.removeItem(NAME);
    delete document.documentElement.dataset["theme"];
  } else {
    localStorage.setItem(NAME, chosen);
    document.documentElement.dataset["theme"] = chosen;
  }
}
