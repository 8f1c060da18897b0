#!/usr/bin/env node
/**
 * The Solidity compiler as a program, over the npm module `solc`.
 *
 * It answers to the part of solc's command line that py-solc-x, forge, slither and halmos use for standard JSON, so
 * that one pinned compiler serves them all and nothing native needs to be installed:
 *
 *     solc --version
 *     solc --standard-json [--base-path DIR] [--include-path DIR]... [--allow-paths DIR,...] < input.json
 *
 * An import that the input does not contain is looked for as solc does: in the base path, then in the include paths;
 * what lies outside of them and of the allowed paths is not read.
 */
import { readFileSync, realpathSync } from "node:fs";
import { isAbsolute, join, resolve, sep } from "node:path";
import { parseArgs } from "node:util";
import solc from "solc";

const usage = "usage: solc --version | --standard-json [--base-path DIR] [--include-path DIR]... [--allow-paths DIR,...]";

function readArguments() {
  try {
    return parseArgs({
      options: {
        "allow-paths": { type: "string", default: "" },
        "base-path": { type: "string", default: "" },
        "include-path": { type: "string", multiple: true, default: [] },
        "standard-json": { type: "boolean", default: false },
        version: { type: "boolean", default: false },
      },
      // forge and py-solc-x add "-" where they write the input to stdin.
      allowPositionals: true,
    }).values;
  } catch (error) {
    const option = /'(-[^' ]+)/.exec(error.message)?.[1];
    // The wording is solc's: py-solc-x looks for it.
    process.stderr.write(option ? `unrecognised option '${option}'\n${usage}\n` : `${error.message}\n${usage}\n`);
    process.exit(1);
  }
}

/** Reads stdin as a stream: a synchronous read of a pipe meets EAGAIN when the writer is slower than we are. */
async function readInput() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function realPath(path) {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** The function that the compiler calls for each source that its input lacks. */
function importer(options) {
  const roots = [options["base-path"], ...options["include-path"]].map((path) => resolve(path));
  const allowed = [...roots, ...options["allow-paths"].split(",").filter(Boolean)].map(realPath).filter(Boolean);
  const isAllowed = (path) => allowed.some((root) => path === root || path.startsWith(root.replace(/[\\/]*$/, sep)));

  return (name) => {
    const path = name.replace(/^file:\/\//, "");
    const candidates = isAbsolute(path) ? [path] : roots.map((root) => join(root, path));
    const found = candidates.map(realPath).find(Boolean);
    if (!found) return { error: "File not found in the base path or the include paths." };
    if (!isAllowed(found)) return { error: "File outside of allowed directories." };
    try {
      return { contents: readFileSync(found, "utf8") };
    } catch (error) {
      return { error: error.message };
    }
  };
}

const options = readArguments();
if (options.version) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (options["standard-json"]) {
  process.stdout.write(`${solc.compile(await readInput(), { import: importer(options) })}\n`);
} else {
  process.stderr.write(`${usage}\n`);
  process.exitCode = 1;
}
