// Pictures of the page in all its states, for looking at: node tests/pictures.mjs DIRECTORY. `cargo xtask playground
// --pictures DIRECTORY` builds the page first.

import { join } from "node:path";
import { fragment, linted, open, relinted } from "./site.mjs";

const [directory = "."] = process.argv.slice(2);
const site = await open();

/** Every colour of the trace in one job. */
const PROMETHEUS = {
  "prometheus.yml": `global:
  scrape_interval: 30s
scrape_configs:
  - job_name: node
    static_configs:
      - targets: ["db1.internal:9100", "decommissioned-7.internal:9100"]
        labels: {env: prod, tier: storage}
    relabel_configs:
      - source_labels: [__address__]
        regex: decommissioned-.*
        action: drop
      - source_labels: [__address__]
        regex: ([^.]+)\\..*
        target_label: host
      - source_labels: [env]
        regex: (.+)
        target_label: env
        replacement: \${1}uction
      - regex: tier
        action: labeldrop
`,
};

const VIEWS = [
  { name: "light", colorScheme: "light", viewport: { width: 1360, height: 860 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1360, height: 860 } },
  { name: "narrow", colorScheme: "light", viewport: { width: 390, height: 800 } },
];

for (const { name, colorScheme, viewport } of VIEWS) {
  const context = await site.browser.newContext({ colorScheme, viewport });
  const page = await context.newPage();
  const take = (state) => page.screenshot({ path: join(directory, `${state}-${name}.png`) });
  const example = (label) => relinted(page, () => page.getByLabel("open an example").selectOption({ label }));
  const visit = async (hash) => {
    await page.goto("about:blank");
    await page.goto(`${site.origin}/${hash}`);
    await linted(page);
    // The squiggles are drawn one frame later.
    await page.waitForTimeout(300);
  };

  await visit(fragment({ "redis.conf": "" }));
  await take("empty");
  await visit("");
  await take("stack");
  if (name !== "narrow") {
    await page.locator(".cm-lintRange").first().hover();
    await page.locator(".cm-tooltip .tip").waitFor();
    await take("hover");
    await page.mouse.move(0, 0);
  }
  await page.getByRole("button", { name: /^explain / }).first().click();
  await page.locator(".drawer pre").first().waitFor();
  await take("rule");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Settings", exact: true }).click();
  await take("settings");
  await page.keyboard.press("Escape");
  await visit(fragment(PROMETHEUS));
  await page.getByRole("button", { name: "Relabel trace" }).click();
  await page.locator(".drawer .verdict").first().waitFor();
  // So high that all steps are seen.
  await page.setViewportSize({ ...viewport, height: 1200 });
  await take("relabel");
  await page.setViewportSize(viewport);
  await page.keyboard.press("Escape");
  await example("IPsec: two sites, one network");
  await page.getByRole("button", { name: "Addresses", exact: true }).click();
  await page.locator(".drawer .strip").waitFor();
  await take("addresses");
  await context.close();
}
await site.close();
