// The settings panel writes a confvet.toml that one sees, and reads the one that is there.

/** Where the settings stand. */
export const CONFIG = "confvet.toml";

export interface Setting {
  section: "target" | "facts";
  name: string;
  label: string;
  placeholder: string;
  /** A text in quotes, or a number or truth value as it stands. */
  quoted: boolean;
}

export const SETTINGS: Setting[] = [
  { section: "target", name: "redis", label: "Redis", placeholder: "7.2", quoted: true },
  { section: "target", name: "elasticsearch", label: "Elasticsearch", placeholder: "8.15", quoted: true },
  { section: "target", name: "nginx", label: "nginx", placeholder: "1.27.3", quoted: true },
  { section: "target", name: "haproxy", label: "HAProxy", placeholder: "3.0", quoted: true },
  { section: "target", name: "prometheus", label: "Prometheus", placeholder: "2.53", quoted: true },
  { section: "target", name: "patroni", label: "Patroni", placeholder: "4.0", quoted: true },
  { section: "target", name: "strongswan", label: "strongSwan", placeholder: "5.9", quoted: true },
  { section: "facts", name: "memory", label: "Memory", placeholder: "64GiB", quoted: true },
  { section: "facts", name: "cpus", label: "Processors", placeholder: "16", quoted: false },
  { section: "facts", name: "redis_workload", label: "Redis is a", placeholder: "cache, store, queue, sessions", quoted: true },
  { section: "facts", name: "environment", label: "Environment", placeholder: "production, test", quoted: true },
];

function line({ name }: Setting): RegExp {
  return new RegExp(`^[ \\t]*"?${name}"?[ \\t]*=[ \\t]*(.*?)[ \\t]*(#.*)?$`, "m");
}

function section(toml: string, name: string): { start: number; end: number } | undefined {
  const header = new RegExp(`^[ \\t]*\\[${name}\\][ \\t]*(#.*)?$`, "m").exec(toml);
  if (!header) return undefined;
  const start = header.index + header[0].length;
  const next = toml.slice(start).search(/^[ \t]*\[/m);
  return { start, end: next < 0 ? toml.length : start + next };
}

/** What the file says of a setting, without quotes; empty when it says nothing. */
export function readSetting(toml: string, setting: Setting): string {
  const part = section(toml, setting.section);
  const match = part && line(setting).exec(toml.slice(part.start, part.end));
  return match?.[1]?.replace(/^"(.*)"$/, "$1") ?? "";
}

/** The file with a setting changed, added or (for an empty value) taken out. */
export function writeSetting(toml: string, setting: Setting, value: string): string {
  const text = setting.quoted ? JSON.stringify(value) : value;
  const part = section(toml, setting.section);
  if (!part) {
    if (value === "") return toml;
    const gap = toml === "" || toml.endsWith("\n\n") ? "" : toml.endsWith("\n") ? "\n" : "\n\n";
    return `${toml}${gap}[${setting.section}]\n${setting.name} = ${text}\n`;
  }
  const body = toml.slice(part.start, part.end);
  const match = line(setting).exec(body);
  let changed: string;
  if (match && value === "") changed = body.replace(new RegExp(`${line(setting).source}\\n?`, "m"), "");
  else if (match) changed = body.replace(line(setting), () => `${setting.name} = ${text}`);
  else if (value === "") changed = body;
  else changed = `\n${setting.name} = ${text}${body}`;
  return toml.slice(0, part.start) + changed + toml.slice(part.end);
}

/** A table `[[files]]` with exactly the lines that `assign` writes. */
function assignment(path: string): RegExp {
  const glob = JSON.stringify(globOf(path)).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`\\n*\\[\\[files\\]\\]\\nglob = ${glob}\\nsystem = "[^"\\n]*"\\n(?:kind = "[^"\\n]*"\\n)?`);
}

/** A pattern that matches one path alone. */
function globOf(path: string): string {
  return path.replace(/[*?[\]{}!\\]/g, "\\$&");
}

/** The file with a system and kind said for one path, or without, when `system` is empty. */
export function assign(toml: string, path: string, system: string, kind: string): string {
  const rest = toml.replace(assignment(path), "\n").replace(/^\n+/, "");
  if (system === "") return rest;
  const gap = rest === "" ? "" : rest.endsWith("\n") ? "\n" : "\n\n";
  return `${rest}${gap}[[files]]\nglob = ${JSON.stringify(globOf(path))}\nsystem = "${system}"\nkind = "${kind}"\n`;
}

/** The system and kind that `assign` wrote for a path. */
export function assigned(toml: string, path: string): { system: string; kind: string } | undefined {
  const found = assignment(path).exec(toml)?.[0];
  const system = found && /\nsystem = "([^"]*)"/.exec(found)?.[1];
  return system ? { system, kind: /\nkind = "([^"]*)"/.exec(found)?.[1] ?? "" } : undefined;
}
