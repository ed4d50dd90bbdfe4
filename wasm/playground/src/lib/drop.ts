// Files and whole folders dropped onto the page.

import type { File as ProjectFile } from "../../../pkg/index.js";

/** Larger files are no configurations, and would make the page slow. */
const MAX_BYTES = 4_000_000;

export interface Dropped {
  files: ProjectFile[];
  /** Paths that were left out, as they are too large or not text. */
  skipped: string[];
}

export async function readDrop(items: DataTransferItemList): Promise<Dropped> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const dropped: Dropped = { files: [], skipped: [] };
  // One folder alone is the root of the project and no part of the paths.
  const [only] = entries;
  const root = entries.length === 1 && only?.isDirectory ? `${only.fullPath}/` : "/";
  for (const entry of entries) await readEntry(entry, root, dropped);
  dropped.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return dropped;
}

async function readEntry(entry: FileSystemEntry, root: string, dropped: Dropped): Promise<void> {
  if (entry.isDirectory) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") return;
    for (const child of await readDirectory(entry as FileSystemDirectoryEntry)) await readEntry(child, root, dropped);
    return;
  }
  const path = entry.fullPath.startsWith(root) ? entry.fullPath.slice(root.length) : entry.fullPath.slice(1);
  const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
  await readFile(file, path, dropped);
}

async function readFile(file: File, path: string, dropped: Dropped): Promise<void> {
  const text = file.size > MAX_BYTES ? undefined : await file.text();
  if (text === undefined || text.includes("\0")) dropped.skipped.push(path);
  else dropped.files.push({ path, text });
}

async function readDirectory(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}
