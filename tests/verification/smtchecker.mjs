#!/usr/bin/env node
/**
 * The compiler's own model checker, with z3 as its solver:
 *
 *     smtchecker.mjs Z3 SECONDS SOURCE CONTRACT
 *
 * The npm module of the compiler has no solver inside. It hands each question out as SMT-LIB, and `solc/smtsolver`
 * would answer with whatever z3 is on the PATH and give up after ten seconds; here the solver and its time are named.
 * What the checker says about each of its targets is printed as JSON.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import solc from "solc";

const [z3, seconds, source, contract] = process.argv.slice(2);
// As in `solc/smtsolver`: what the compiler's authors found to work with z3's Horn engine.
const tactics = [
  "rewriter.pull_cheap_ite=true",
  "fp.spacer.q3.use_qgen=true",
  "fp.spacer.mbqi=false",
  "fp.spacer.ground_pobs=false",
];

function smtSolver(query) {
  const answer = spawnSync(z3, ["-in", "-smt2", `-T:${seconds}`, ...tactics], { input: query, encoding: "utf8" });
  if (answer.error) return { error: String(answer.error) };
  return { contents: answer.stdout.startsWith("timeout") ? "unknown\n" : answer.stdout };
}

const input = {
  language: "Solidity",
  sources: { [source]: { content: readFileSync(source, "utf8") } },
  settings: {
    evmVersion: "cancun",
    modelChecker: {
      contracts: { [source]: [contract] },
      engine: "chc",
      invariants: ["contract"],
      showProvedSafe: true,
      showUnproved: true,
      solvers: ["smtlib2"],
      targets: ["assert", "underflow", "overflow", "divByZero", "outOfBounds"],
      timeout: 0,
    },
    outputSelection: { [source]: { [contract]: ["abi"] } },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input), { smtSolver }));
const answers = (output.errors ?? []).map(({ severity, message, sourceLocation }) => ({
  severity,
  message,
  start: sourceLocation?.start,
}));
process.stdout.write(`${JSON.stringify(answers)}\n`);
