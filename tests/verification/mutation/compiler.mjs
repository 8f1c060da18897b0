#!/usr/bin/env node
/**
 * The compiler kept warm: loading it anew costs more than compiling one contract.
 *
 *     compiler.mjs serve SOCKET    compiles standard JSON sent to /compile, until its stdin ends
 *     compiler.mjs --version       what forge asks for each time, with SOLC_SOCKET in the environment
 *     compiler.mjs --standard-json …
 *
 * Inputs hold every source, so nothing is looked for on disk.
 */
import { createServer, request } from "node:http";

async function read(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

async function serve(socket) {
  const { default: solc } = await import("solc");
  const server = createServer(async (call, answer) => {
    if (call.url === "/version") {
      answer.end(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
    } else {
      answer.end(`${solc.compile(await read(call))}\n`);
    }
  });
  process.stdin.resume().on("end", () => process.exit());
  server.listen(socket, () => process.stdout.write("ready\n"));
}

async function ask(path, input) {
  const answer = await new Promise((resolve, reject) => {
    const call = request({ socketPath: process.env.SOLC_SOCKET, path, method: "POST" }, resolve);
    call.on("error", reject).end(input);
  });
  process.stdout.write(await read(answer));
}

const [command, socket] = process.argv.slice(2);
if (command === "serve") {
  await serve(socket);
} else if (command === "--version") {
  await ask("/version", "");
} else {
  await ask("/compile", await read(process.stdin));
}
