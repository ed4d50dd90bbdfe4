// The built page in a real browser. `cargo xtask playground --test` builds it and runs this.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fragment, linted, open, relinted } from "./site.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const REDIS = { "redis.conf": "# a cache\nport 6379\nmaxmemory 2gb\n" };

let site;
let context;
let page;
/** What the console complained about, and every address that was asked for. */
let complaints;
let requests;

before(async () => {
  site = await open();
});

after(() => site?.close());

function watch(browserContext) {
  browserContext.on("request", (request) => requests.push(request.url()));
  browserContext.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  browserContext.on("weberror", (error) => complaints.push(String(error.error())));
}

beforeEach(async () => {
  complaints = [];
  requests = [];
  context = await site.browser.newContext({ viewport: { width: 1280, height: 900 } });
  watch(context);
  page = await context.newPage();
});

// Holds for everything that is done to the page in any test.
afterEach(async () => {
  await context.close();
  assert.deepEqual(complaints, [], "the console complains");
  const foreign = requests.filter((url) => !url.startsWith(`${site.origin}/`) && !/^(data|blob):/.test(url));
  assert.deepEqual(foreign, [], "a request left the page's own origin");
});

async function visit(files, active) {
  await page.goto(`${site.origin}/${files ? fragment(files, active) : ""}`);
  await linted(page);
}

const tabs = () => page.getByRole("tab").evaluateAll((all) => all.map((tab) => tab.childNodes[0].textContent.trim()));
const text = () => page.locator(".cm-content").innerText();
const problems = () => page.locator(".problem").count();

/** Puts the cursor behind the end of a line, counted from 1. */
async function endOfLine(number) {
  await page.locator(".cm-line").nth(number - 1).click();
  await page.keyboard.press("End");
}

test("the first thing a visitor sees is a broken stack with findings", async () => {
  await visit();
  assert.ok((await problems()) > 5);
  assert.ok((await tabs()).length > 3);
  assert.match(await page.locator(".story").innerText(), /cache was full/);
  assert.ok((await page.locator(".cm-lintRange").count()) > 0);
});

test("every example is a broken stack with findings", async () => {
  await visit();
  const examples = page.getByLabel("open an example");
  const titles = await examples.locator("option:not([disabled])").allInnerTexts();
  assert.equal(titles.length, 7);
  for (const title of titles) {
    await relinted(page, () => examples.selectOption({ label: title }));
    assert.ok((await problems()) > 3, title);
    assert.ok((await page.locator(".problem .severity.error").count()) > 0, title);
  }
});

test("a broken line gets its squiggle exactly on the span, with a hover and a gutter mark", async () => {
  await visit(REDIS);
  await endOfLine(2);
  await relinted(page, () => page.keyboard.type("\ntcp-backlog many"));
  const squiggle = page.locator(".cm-lintRange-error");
  await squiggle.first().waitFor();
  assert.equal(await squiggle.first().innerText(), "many");
  assert.equal(await page.locator(".cm-gutter-lint .cm-lint-marker-error").count(), 1);
  await squiggle.first().hover();
  await page.locator(".cm-tooltip .tip").waitFor();
  assert.match(await page.locator(".cm-tooltip .tip").innerText(), /redis\//);
  assert.match(await page.locator(".problem", { hasText: "error" }).first().innerText(), /3:13/);
});

test("a fix is applied at the squiggle, and undone", async () => {
  await visit({ "redis.conf": "prot 6379\nmaxmemory 2gb\n" });
  const misspelt = page.locator(".cm-lintRange", { hasText: "prot" });
  await misspelt.first().hover();
  const fix = page.locator(".cm-diagnosticAction").first();
  await fix.waitFor();
  await relinted(page, () => fix.click());
  assert.equal(await page.locator(".cm-line").first().innerText(), "port 6379");
  await page.locator(".cm-content").focus();
  await relinted(page, () => page.keyboard.press("Control+z"));
  assert.equal(await page.locator(".cm-line").first().innerText(), "prot 6379");
});

test("all safe fixes are applied at once, and undone", async () => {
  await visit({ "redis.conf": "appendonly true\nport 6379\n", "b/redis.conf": "appendonly true\nport 6380\n" });
  const button = page.getByRole("button", { name: /^Fix all safe/ });
  assert.match(await button.innerText(), /\(2\)/);
  await button.click();
  await page.getByText("2 fixes applied").waitFor();
  assert.equal(await page.locator(".cm-line").first().innerText(), "appendonly yes");
  await page.locator(".status").getByRole("button", { name: "Undo" }).click();
  await page.getByText("taken back").waitFor();
  assert.equal(await page.locator(".cm-line").first().innerText(), "appendonly true");
});

test("a place in another file is jumped to from the hover", async () => {
  await visit();
  await relinted(page, () => page.getByLabel("open an example").selectOption({ label: "Patroni: a cluster that cannot fail over" }));
  await page.getByRole("tab", { name: "pg2/patroni.yml" }).click();
  await page.locator(".cm-lintRange").first().waitFor();
  const before = await page.getByRole("tab", { selected: true }).innerText();
  const elsewhere = page.locator(".tip-link:not(.tip-rule)");
  let jumped = false;
  for (const squiggle of await page.locator(".cm-lintRange").all()) {
    await squiggle.hover();
    await page.locator(".cm-tooltip .tip").first().waitFor();
    for (const link of await elsewhere.all()) {
      const file = (await link.innerText()).split(":")[0];
      if (before.startsWith(file)) continue;
      await link.click();
      assert.match(await page.getByRole("tab", { selected: true }).innerText(), new RegExp(`^${file}`));
      jumped = true;
      break;
    }
    if (jumped) break;
    await page.mouse.move(0, 0);
  }
  assert.ok(jumped, "no finding of the example points into another file");
});

test("a shared link opens the same project", async () => {
  const files = { ...REDIS, "nginx/nginx.conf": "events {}\nhttp { server { listen 80 } }\n# ü 😀\n" };
  await visit(files, 1);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByText("link copied").waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(link.startsWith(`${site.origin}/#`));
  const found = await page.locator(".problems").innerText();
  const other = await context.newPage();
  await other.goto(link);
  await linted(other);
  page = other;
  assert.deepEqual(await tabs(), Object.keys(files));
  assert.match(await page.getByRole("tab", { selected: true }).innerText(), /^nginx\/nginx\.conf/);
  assert.equal(await page.locator(".problems").innerText(), found);
  assert.match(await text(), /ü 😀/);
});

test("a link that is none of ours, or would fill the memory, opens the first example", async () => {
  const { deflateRawSync } = await import("node:zlib");
  const bomb = deflateRawSync(Buffer.alloc(200_000_000, 32), { level: 9 }).toString("base64url");
  for (const hash of ["#nothing", `#${bomb}`]) {
    await page.goto(`${site.origin}/${hash}`);
    await page.reload();
    await linted(page);
    assert.ok((await tabs()).includes("api-cache/redis.conf"));
  }
});

test("a folder is dropped onto the page", async () => {
  const directory = await mkdtemp(join(tmpdir(), "confvet-drop-"));
  try {
    const folder = join(directory, "prod");
    await mkdir(join(folder, "conf.d"), { recursive: true });
    await writeFile(join(folder, "redis.conf"), "prot 6379\nmaxmemory 2gb\n");
    await writeFile(join(folder, "conf.d/nginx.conf"), "events {}\n");
    await writeFile(join(folder, "logo.png"), Buffer.from([0x89, 0x50, 0, 0]));
    await visit(REDIS);
    const session = await context.newCDPSession(page);
    const drop = async (path) => {
      const data = { items: [], files: [path], dragOperationsMask: 1 };
      for (const type of ["dragEnter", "dragOver", "drop"]) {
        await session.send("Input.dispatchDragEvent", { type, x: 400, y: 300, data });
      }
    };
    await drop(folder);
    await page.getByText(/2 files added; left out, too large or not text: logo\.png/).waitFor();
    assert.deepEqual(await tabs(), ["redis.conf", "conf.d/nginx.conf"]);
    await page.locator(".problem", { hasText: "prot" }).first().waitFor();
    // A file that is dropped onto the editor becomes a file of its own, and is not written into the open one.
    await writeFile(join(directory, "haproxy.cfg"), "global\n    maxconn 10\n");
    await drop(join(directory, "haproxy.cfg"));
    await page.getByText("1 file added").waitFor();
    assert.deepEqual(await tabs(), ["redis.conf", "conf.d/nginx.conf", "haproxy.cfg"]);
    assert.match(await page.locator(".cm-content").innerText(), /^global\s+maxconn 10\s*$/);
    await page.getByRole("tab", { name: /^redis\.conf/ }).click();
    assert.match(await page.locator(".cm-content").innerText(), /^prot 6379\s+maxmemory 2gb\s*$/);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("files are added, renamed, deleted, and a deletion is undone", async () => {
  await visit(REDIS);
  await page.getByRole("button", { name: "add a file" }).click();
  await page.getByLabel(/^new path of/).fill("nginx.conf");
  await page.keyboard.press("Enter");
  assert.deepEqual(await tabs(), ["redis.conf", "nginx.conf"]);
  await page.locator(".cm-content").focus();
  await relinted(page, () => page.keyboard.insertText("events {}\nhttp { server { listne 80; } }\n"));
  await page.locator(".problem", { hasText: "listne" }).first().waitFor();
  await page.getByRole("tab", { selected: true }).press("F2");
  await page.getByLabel(/^new path of/).fill("redis.conf");
  await page.keyboard.press("Enter");
  await page.getByText("there is a file redis.conf already").waitFor();
  await page.getByRole("tab", { selected: true }).press("Delete");
  await page.getByText("deleted nginx.conf").waitFor();
  assert.deepEqual(await tabs(), ["redis.conf"]);
  await page.locator(".status").getByRole("button", { name: "Undo" }).click();
  assert.deepEqual(await tabs(), ["redis.conf", "nginx.conf"]);
});

test("what a file is taken for is shown and can be corrected", async () => {
  await visit({ "letter.txt": "maxmemory 2gb\nprot 6379\n" });
  const select = page.locator(".recognised select");
  assert.match(await select.innerText(), /not recognised/);
  await relinted(page, () => select.selectOption({ label: "Redis (redis-conf)" }));
  assert.ok((await tabs()).includes("confvet.toml"));
  await relinted(page, () => select.selectOption(""));
  assert.equal(await problems(), 0);
});

test("settings are written into a confvet.toml that one sees", async () => {
  await visit(REDIS);
  await page.getByRole("button", { name: "Settings", exact: true }).click();
  await page.getByLabel("Redis is a").fill("cache");
  await relinted(page, () => page.keyboard.press("Enter"));
  await page.locator(".problem", { hasText: "maxmemory" }).first().waitFor();
  await page.getByRole("button", { name: "Show confvet.toml" }).click();
  assert.match(await page.locator(".cm-content").innerText(), /\[facts\]\s+redis_workload = "cache"/);
});

test("the page of a rule opens in a drawer, and its examples in the editor", async () => {
  await visit({ "redis.conf": "prot 6379\nmaxmemory 2gb\n" });
  await page.getByRole("button", { name: /^explain redis\// }).first().click();
  const drawer = page.getByRole("complementary", { name: "rule page" });
  await drawer.locator("h1").waitFor();
  assert.ok((await drawer.locator("pre").count()) > 1);
  await relinted(page, () => drawer.locator(".open").getByRole("button", { name: "Bad" }).first().click());
  assert.ok((await problems()) > 0);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".drawer").count(), 0);
});

const PROMETHEUS = {
  "prometheus.yml": `scrape_configs:
  - job_name: node
    static_configs:
      - targets: ["db1:9100", "old:9100"]
        labels: {env: prod}
    relabel_configs:
      - {source_labels: [__address__], regex: "old:.*", action: drop}
      - {source_labels: [__address__], regex: "([^:]+):\\\\d+", target_label: host}
      - {source_labels: [env], regex: "(.+)", target_label: env, replacement: "\${1}uction"}
      - {regex: env, action: labeldrop}
`,
};

test("the relabel trace shows every step, for targets of the file and for typed labels", async () => {
  await visit(PROMETHEUS);
  await page.getByRole("button", { name: "Relabel trace" }).click();
  const drawer = page.getByRole("complementary", { name: "relabel" });
  await drawer.getByText("Scraped").waitFor();
  assert.equal(await drawer.locator("ol > li").count(), 4);
  assert.match(await drawer.locator("ol > li").nth(0).innerText(), /no match/);
  assert.match(await drawer.locator("ol > li").nth(1).locator(".added").innerText(), /host db1/);
  assert.match(await drawer.locator("ol > li").nth(1).locator(".capture").innerText(), /\$1 db1/);
  assert.match(await drawer.locator("ol > li").nth(2).locator(".changed").innerText(), /env prod → production/);
  assert.match(await drawer.locator("ol > li").nth(3).locator(".dropped").innerText(), /env production/);
  await drawer.getByLabel("Target").selectOption({ index: 1 });
  await drawer.getByText(/by rule 1: it is never scraped/).waitFor();
  await drawer.getByRole("button", { name: "Edit labels" }).click();
  await drawer.getByLabel("Labels").fill("__address__ = web7:9100\nenv = test");
  await drawer.locator("ol > li .added", { hasText: "web7" }).waitFor();
  await drawer.getByLabel("Labels").fill("nonsense");
  await drawer.getByText(/is no label/).waitFor();
});

test("the address map draws networks, with overlaps in red, and goes to the line", async () => {
  await visit({ "ipsec.conf": "conn a\n  leftsubnet=10.0.0.0/8\n  rightsubnet=10.1.0.0/16\nconn b\n  rightsubnet=fd00::/48\n" });
  await page.getByRole("button", { name: "Addresses", exact: true }).click();
  const drawer = page.getByRole("complementary", { name: "addresses" });
  await drawer.getByText("2 of them overlap").waitFor();
  const rows = drawer.locator("li button");
  assert.equal(await rows.count(), 3);
  assert.equal(await rows.nth(1).getAttribute("title"), "10.1.0.0/16: 10.1.0.0 to 10.1.255.255, ipsec.conf:3");
  assert.equal(await drawer.locator(".bar.overlaps").count(), 2);
  await rows.nth(1).click();
  assert.match(await page.locator(".cm-activeLine").innerText(), /rightsubnet=10\.1/);
});

test("the project is downloaded as a zip", async () => {
  await visit(REDIS);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
  assert.equal(download.suggestedFilename(), "confvet.zip");
  const bytes = await readFile(await download.path());
  assert.ok(bytes.includes("redis.conf") && bytes.subarray(0, 2).toString() === "PK");
});

test("the theme follows the system, can be switched, and is remembered", async () => {
  await page.emulateMedia({ colorScheme: "dark" });
  await visit(REDIS);
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.getByRole("button", { name: "change to the light theme" }).click();
  const light = await background();
  assert.notEqual(light, dark);
  await page.reload();
  await linted(page);
  assert.equal(await background(), light);
});

test("everything can be reached and used by keyboard", async () => {
  await visit();
  const reached = new Set();
  for (let step = 0; step < 40; step++) {
    await page.keyboard.press("Tab");
    const name = await page.evaluate(() => {
      const { activeElement } = document;
      if (activeElement.closest(".cm-editor")) return "editor";
      return activeElement.getAttribute("role") ?? activeElement.getAttribute("aria-label") ?? activeElement.innerText.trim();
    });
    reached.add(name);
    if (name === "editor") {
      // Tab indents in the editor; Escape then Tab leaves it.
      await page.keyboard.press("Escape");
    }
    if (await page.evaluate(() => document.activeElement.classList.contains("problem"))) break;
  }
  for (const name of ["open an example", "Settings", "Addresses", "Relabel trace", "Share", "Download", "tab", "editor"]) {
    assert.ok(reached.has(name), `${name} is not reached; reached are ${[...reached].join(", ")}`);
  }
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.ok(await page.evaluate(() => document.activeElement.closest(".cm-editor") !== null));
  await page.getByRole("button", { name: "Settings", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.classList.contains("close"));
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.activeElement.innerText === "Settings");
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds no serious problem in the ${colorScheme} theme`, async () => {
    await page.emulateMedia({ colorScheme });
    await visit({ ...PROMETHEUS, "ipsec.conf": "conn a\n  leftsubnet=10.0.0.0/8\n  rightsubnet=10.1.0.0/16\n" });
    const check = async (what) => {
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      const shown = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`);
      assert.deepEqual(shown, [], what);
    };
    await check("the page alone");
    for (const name of ["Settings", "Addresses", "Relabel trace"]) {
      await page.getByRole("button", { name, exact: true }).click();
      await page.locator(".drawer h1").waitFor();
      if (name === "Relabel trace") await page.getByText("Scraped").waitFor();
      await check(name);
    }
    await page.goto(`${site.origin}/`);
    await page.reload();
    await linted(page);
    await check("the first example");
    await page.getByRole("button", { name: /^explain / }).first().click();
    await page.locator(".drawer pre").first().waitFor();
    await check("a rule page");
  });
}

test("a phone has room for everything", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  await visit();
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(await wide(), 0);
  for (const selector of [".cm-editor", ".problems", ".status"]) {
    const box = await page.locator(selector).boundingBox();
    assert.ok(box.height > 30 && box.x >= 0 && box.x + box.width <= 360, `${selector} ${JSON.stringify(box)}`);
  }
  assert.ok((await page.locator(".cm-editor").boundingBox()).height > 150);
  for (const name of ["Settings", "Addresses", "Relabel trace"]) {
    await page.getByRole("button", { name, exact: true }).click();
    await page.locator(".drawer h1").waitFor();
    assert.equal(await wide(), 0, name);
    await page.getByRole("button", { name: "close" }).click();
  }
});

test("after the first load the page works without a network", async () => {
  await visit(REDIS);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await context.setOffline(true);
  await page.reload();
  await linted(page);
  assert.deepEqual(await tabs(), ["redis.conf"]);
  await endOfLine(2);
  await relinted(page, () => page.keyboard.type("\nprot 1"));
  await page.getByRole("button", { name: /^explain redis\// }).first().click();
  await page.locator(".drawer pre").first().waitFor();
  await context.setOffline(false);
});

test("the policy allows no foreign host", async () => {
  await visit(REDIS);
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content");
  // No host at all stands in it, and no script but those of the page runs. (The editor writes style elements.)
  assert.match(policy, /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
  assert.doesNotMatch(policy, /[a-z]\.[a-z]|https?:|\*/);
  const refused = await page.evaluate(async () => {
    const violation = new Promise((resolve) => addEventListener("securitypolicyviolation", () => resolve(true), { once: true }));
    await fetch("https://example.com/").catch(() => {});
    return violation;
  });
  assert.equal(refused, true);
  // This one was meant.
  complaints.length = 0;
});

/** A load balancer of many services, written as people write it: about a thousand lines. */
function haproxy() {
  const lines = [
    "global",
    "    log /dev/log local0",
    "    maxconn 20000",
    "    stats socket /run/haproxy/admin.sock mode 660 level admin",
    "",
    "defaults",
    "    mode http",
    "    log global",
    "    option httplog",
    "    timeout connect 5s",
    "    timeout client 30s",
    "    timeout server 30s",
    "",
    "frontend public",
    "    bind :80",
    "    bind :443 ssl crt /etc/haproxy/certs/",
    "    http-request redirect scheme https unless { ssl_fc }",
  ];
  const services = 80;
  for (let index = 0; index < services; index++) {
    lines.push(`    acl is_service${index} hdr(host) -i service${index}.example.org`);
    lines.push(`    use_backend service${index} if is_service${index}`);
  }
  for (let index = 0; index < services; index++) {
    lines.push("", `backend service${index}`, "    balance roundrobin", "    option httpchk GET /health");
    for (let server = 1; server <= 5; server++) {
      lines.push(`    server app${server} 10.${index}.0.${server}:8080 check inter 3s fall 3 rise 2`);
    }
    lines.push("    timeout queue 10s");
  }
  while (lines.length < 1000) lines.push(`# line ${lines.length}`);
  return `${lines.slice(0, 1000).join("\n")}\n`;
}

test("a haproxy.cfg of 1,000 lines is linted again in less than 10 ms", async () => {
  await visit({ "haproxy.cfg": haproxy() });
  let best = Number.POSITIVE_INFINITY;
  // The machine may be busy with something else: the best of three medians counts.
  for (let round = 0; round < 3 && best >= 10; round++) {
    const times = [];
    await endOfLine(3);
    for (let stroke = 0; stroke < 15; stroke++) {
      times.push(await relinted(page, () => page.keyboard.press(stroke % 2 === 0 ? "1" : "Backspace")));
    }
    times.sort((a, b) => a - b);
    best = Math.min(best, times[Math.floor(times.length / 2)]);
  }
  console.log(`# a haproxy.cfg of 1,000 lines is linted again in ${best.toFixed(1)} ms (median, in the worker)`);
  assert.ok(best < 10, `${best} ms`);
});
