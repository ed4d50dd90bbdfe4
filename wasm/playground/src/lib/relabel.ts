// What the relabel panel needs of a Prometheus configuration, taken out of its model, and labels as people type them.

import type { Labels } from "../../../pkg/index.js";

export interface RelabelRule {
  source: string[];
  /** Empty where the rule has the default, which matches everything. */
  regex: string;
  target: string;
  /** Empty where the rule writes nothing. */
  replacement: string;
}

export interface Job {
  name: string;
  relabel: RelabelRule[];
  metricRelabel: RelabelRule[];
  /** How many targets are written in the files. */
  targets: number;
  /** Labels that its rules read, with no value yet: a start for typing a discovered target. */
  asksFor: Labels;
}

interface ModelRule {
  source_labels: string[];
  regex: string;
  target_label: string;
  replacement: string;
  action: string;
}

interface ModelJob {
  name: string | null;
  relabel: ModelRule[];
  metric_relabel: ModelRule[];
  groups: { targets: unknown[] }[];
}

const WRITES = new Set(["replace", "labelmap"]);

function ruleOf({ source_labels, regex, target_label, replacement, action }: ModelRule): RelabelRule {
  return {
    source: source_labels,
    regex: regex === "(.*)" ? "" : regex,
    target: target_label,
    replacement: WRITES.has(action) ? replacement : "",
  };
}

/** The jobs of a model of kind `prometheus-config`. */
export function jobsOf(model: unknown): Job[] {
  const jobs = (model as { config?: { jobs?: ModelJob[] } | null } | undefined)?.config?.jobs ?? [];
  return jobs
    .filter((job) => job.name !== null)
    .map((job) => {
      const sources = job.relabel.flatMap((rule) => rule.source_labels).filter((label) => label.startsWith("__meta_"));
      return {
        name: job.name ?? "",
        relabel: job.relabel.map(ruleOf),
        metricRelabel: job.metric_relabel.map(ruleOf),
        targets: job.groups.reduce((sum, group) => sum + group.targets.length, 0),
        asksFor: { __address__: "10.0.0.1:9100", ...Object.fromEntries(sources.map((label) => [label, ""])) },
      };
    });
}

/** Labels from lines of `name = value`; quotes around a value may be left out. */
export function parseLabels(text: string): Labels {
  const labels: Labels = {};
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const [, name, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`“${line.trim()}” is no label; write name = value`);
    labels[name] = value.replace(/^"(.*)"$/, "$1");
  }
  return labels;
}

export function writeLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name} = ${value}`)
    .join("\n");
}
