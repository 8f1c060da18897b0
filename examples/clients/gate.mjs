// Asks a gate that `charter gate serve` runs. Node 20 or newer, and nothing else.
//
//   import { Gate } from "./gate.mjs";
//   const gate = new Gate({ socket: "/run/user/1000/charter/gate.sock" });
//   await gate.openRound(11);
//   if (await gate.mayMerge(envelope, digest)) merge(update);
//
// From a shell, with --socket PATH, or --url URL and --token-file FILE:
//
//   node gate.mjs --socket PATH status
//   node gate.mjs --socket PATH open 11 [attempt]
//   node gate.mjs --socket PATH check envelope.json 0x<the update's digest>
//   node gate.mjs --socket PATH close
//
// Exit status: 0 may be merged, or done; 4 refused; 5 no answer; 2 wrong usage or input.

import { readFileSync } from "node:fs";
import { request } from "node:http";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";

/** A request was not answered by a decision: nothing is to be merged. */
export class GateError extends Error {
  constructor(code, message, remedy) {
    super(`${message} ${remedy}`);
    this.code = code;
  }
}

export class Gate {
  /**
   * @param {{socket?: string, url?: string, token?: string, timeout?: number}} where Path of the
   *   Unix socket, or loopback URL and token; milliseconds within which an answer must come.
   */
  constructor({ socket, url, token, timeout = 10_000 }) {
    this.where = socket ? { socketPath: socket } : addressOf(url);
    this.headers = token ? { Authorization: `Bearer ${token}` } : {};
    this.timeout = timeout;
  }

  status() {
    return this.#ask("GET", "/v1/status");
  }

  openRound(round, attempt = 1, parent = null) {
    return this.#ask("PUT", "/v1/round", { round, attempt, parent });
  }

  closeRound() {
    return this.#ask("DELETE", "/v1/round");
  }

  /** The decision on an update; `update` is the digest of what came. */
  check(envelope, update) {
    return this.#ask("POST", "/v1/check", { envelope, update });
  }

  /** Whether an update may be merged now, and was not before. */
  async mayMerge(envelope, update) {
    const decision = await this.check(envelope, update);
    return decision.accepted === true && decision.repeated === false;
  }

  #ask(method, path, body) {
    const content = body === undefined ? "" : JSON.stringify(body);
    const headers = { ...this.headers, "Content-Length": Buffer.byteLength(content) };
    return new Promise((resolve, reject) => {
      const lost = (error) =>
        reject(new GateError("GateUnreachable", error.message, "Merge nothing; start the gate."));
      const asked = request({ ...this.where, method, path, headers }, (answer) => {
        const pieces = [];
        answer.on("data", (piece) => pieces.push(piece));
        answer.on("error", lost);
        answer.on("end", () => {
          try {
            const told = JSON.parse(Buffer.concat(pieces).toString("utf8"));
            if (answer.statusCode === 200) return resolve(told);
            const { code, message, remedy } = told.error;
            reject(new GateError(code, message, remedy));
          } catch (error) {
            lost(error);
          }
        });
      });
      asked.on("error", lost);
      asked.setTimeout(this.timeout, () => asked.destroy(new Error("no answer in time")));
      asked.end(content);
    });
  }
}

function addressOf(url) {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port };
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { socket: { type: "string" }, url: { type: "string" }, "token-file": { type: "string" } },
  });
  const file = values["token-file"];
  const token = file && readFileSync(file, "ascii").trim();
  const gate = new Gate({ socket: values.socket, url: values.url, token });
  const [command, ...words] = positionals;
  const commands = {
    status: () => gate.status(),
    open: () => gate.openRound(Number(words[0]), Number(words[1] ?? 1)),
    close: () => gate.closeRound(),
    check: () => gate.check(JSON.parse(readFileSync(words[0], "utf8")), words[1]),
  };
  if (!Object.hasOwn(commands, command ?? "")) throw new Error("say status, open, check or close");
  const told = await commands[command]();
  console.log(JSON.stringify(told));
  return command === "check" && !(told.accepted && !told.repeated) ? 4 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error(`${error.code ?? "UsageInvalid"}: ${error.message}`);
    process.exitCode = error.code === "GateUnreachable" ? 5 : 2;
  }
}
