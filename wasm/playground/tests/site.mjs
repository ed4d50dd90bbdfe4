// The built page on loopback and a Chromium that looks at it.

import { deflateRawSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { preview } from "vite";

const directory = fileURLToPath(new URL("..", import.meta.url));

/** Serves dist/ on a free port of loopback and starts the browser. */
export async function open() {
  process.chdir(directory);
  const server = await preview({ root: directory, logLevel: "error", preview: { host: "127.0.0.1", port: 0 } });
  const origin = server.resolvedUrls.local[0].replace(/\/$/, "");
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  // Chromium refuses its sandbox to root, which is who runs tests in a container.
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  return {
    origin,
    browser,
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/** The fragment of a share link, written without the page's own code: `[open, [[path, text], …]]`, deflated, in base64url. */
export function fragment(files, active = 0) {
  return `#${deflateRawSync(JSON.stringify([active, Object.entries(files)])).toString("base64url")}`;
}

/** Waits until the engine has answered. */
export async function linted(page) {
  await page.waitForFunction(() => Number(document.querySelector(".time")?.dataset.millis) > 0, null, { timeout: 120_000 });
}

/** Waits until the engine has answered for what was just changed. */
export async function relinted(page, change) {
  const time = page.locator(".time");
  const before = await time.getAttribute("data-answers");
  await change();
  const answered = (old) => document.querySelector(".time")?.dataset.answers !== old;
  await page.waitForFunction(answered, before, { timeout: 60_000 });
  return Number(await time.getAttribute("data-millis"));
}
