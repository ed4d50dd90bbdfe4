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

/** As written: what is absent has its default. */
interface ModelRule {
  source_labels?: string[];
  regex?: string;
  target_label?: string;
  replacement?: string;
  action?: string;
}

interface ModelGroup {
  targets?: string[];
}

interface ModelJob {
  job_name?: string;
  relabel_configs?: ModelRule[];
  metric_relabel_configs?: ModelRule[];
  static_configs?: ModelGroup[];
  file_sd_configs?: unknown[];
}

interface ModelConfig {
  scrape_configs?: ModelJob[];
}

interface Model {
  config?: ModelConfig;
  scrape_config_files?: ModelConfig[];
  target_files?: ModelGroup[][];
}

const WRITES = new Set(["replace", "labelmap"]);

function ruleOf({ source_labels, regex, target_label, replacement, action }: ModelRule): RelabelRule {
  return {
    source: source_labels ?? [],
    regex: regex === "(.*)" ? "" : (regex ?? ""),
    target: target_label ?? "",
    replacement: WRITES.has(action ?? "replace") ? (replacement ?? "$1") : "",
  };
}

function countOf(groups: ModelGroup[]): number {
  return groups.reduce((sum, group) => sum + (group.targets?.length ?? 0), 0);
}

/** The jobs of a model of kind `prometheus-config`. */
export function jobsOf(model: unknown): Job[] {
  const { config, scrape_config_files, target_files } = (model ?? {}) as Model;
  const jobs = [config, ...(scrape_config_files ?? [])].flatMap((file) => file?.scrape_configs ?? []);
  const inFiles = countOf((target_files ?? []).flat());
  return jobs.flatMap((job) => {
    if (job.job_name === undefined) return [];
    const rules = (job.relabel_configs ?? []).map(ruleOf);
    const sources = rules.flatMap((rule) => rule.source).filter((label) => label.startsWith("__meta_"));
    return {
      name: job.job_name,
      relabel: rules,
      metricRelabel: (job.metric_relabel_configs ?? []).map(ruleOf),
      targets: countOf(job.static_configs ?? []) + (job.file_sd_configs ? inFiles : 0),
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
