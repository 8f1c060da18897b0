/**
 * An npm module's Solidity compiler as a program; what its input imports is read from node_modules.
 *
 *     node tests/gas/solc.mjs MODULE < input.json
 *
 * Unlike deploy/solc.mjs, which stands for the one compiler of the house, it takes the version that an anchor names.
 */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

const packages = new URL("../../node_modules/", import.meta.url);
const { default: solc } = await import(process.argv[2]);

function read(path) {
  try {
    return { contents: readFileSync(new URL(path, packages), "utf8") };
  } catch (error) {
    return { error: error.message };
  }
}

process.stdout.write(solc.compile(await text(process.stdin), { import: read }));
