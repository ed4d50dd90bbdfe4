// Where a visitor starts: the broken stacks of fixtures/, each with a sentence on the outage behind it.

import type { File } from "../../../pkg/index.js";

export interface Example {
  title: string;
  story: string;
  files: File[];
  /** The file that is looked at first. */
  open: string;
}

interface Source {
  title: string;
  story: string;
  directory: string;
  /** The file that is looked at first. */
  open: string;
}

const SOURCES: Source[] = [
  {
    title: "Redis: a cache that refuses writes",
    story: "At the peak of the evening the cache was full, nothing could be evicted, and every write came back as an error.",
    directory: "redis/broken",
    open: "api-cache/redis.conf",
  },
  {
    title: "Elasticsearch: two masters",
    story: "A switch rebooted, each half of the cluster elected a master of its own, and a night of writes was lost.",
    directory: "elasticsearch/broken",
    open: "hosts/es-a/elasticsearch.yml",
  },
  {
    title: "nginx: an upstream that moved",
    story: "The load balancer behind the name got new addresses; nginx went on asking the old ones until somebody reloaded it.",
    directory: "nginx/broken",
    open: "nginx/nginx.conf",
  },
  {
    title: "HAProxy: writes to a replica",
    story: "After the failover the writer pool still held a replica: its health check asked a question that replicas answer too.",
    directory: "haproxy/broken",
    open: "db/etc/haproxy/haproxy.cfg",
  },
  {
    title: "IPsec: two sites, one network",
    story: "The new site's tunnel came up with a network that the old one had, and half of the office lost its printers.",
    directory: "ipsec/broken",
    open: "aws/etc/ipsec.conf",
  },
  {
    title: "Prometheus: a dashboard without data",
    story: "A relabel rule dropped every target it was meant to keep, and no alert could fire, since there was nothing to alert on.",
    directory: "prometheus/broken",
    open: "prometheus.yml",
  },
  {
    title: "Patroni: a cluster that cannot fail over",
    story: "The primary died, and no standby was allowed to take over before the lease of the dead one ran out.",
    directory: "patroni/broken",
    open: "pg1/patroni.yml",
  },
];

const texts = import.meta.glob<string>("../../../../fixtures/*/broken/**/*", {
  query: "?raw",
  import: "default",
  eager: true,
});

function filesBelow(directory: string): File[] {
  const prefix = `../../../../fixtures/${directory}/`;
  return Object.entries(texts)
    .filter(([path]) => path.startsWith(prefix))
    .map(([path, text]) => ({ path: path.slice(prefix.length), text }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

export const EXAMPLES: Example[] = SOURCES.map(({ title, story, directory, open }) => ({
  title,
  story,
  files: filesBelow(directory),
  open,
}));
