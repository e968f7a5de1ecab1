"use strict";
// Loaded into Node before the jsii kernel (see bindings.py). What the packages load at once and never use is loaded
// when it is first asked for: the 2,100 modules of the AWS provider, and the zip writer of cdktf. A file of another
// form than the one known here is left as it is.

const fs = require("node:fs");
const path = require("node:path");
const { Writable } = require("node:stream");

const RUNTIME = path.join(path.sep, "bin", "jsii-runtime.js");
const CHANNEL = "readFD:3,writeFD:3";
const INDEX = path.join(path.sep, "@cdktf", "provider-aws", "lib", "index.js");
const ASSETS = path.join(path.sep, "cdktf", "lib", "private", "fs.js");
const EXPORT = /^exports\.(\w+) = require\("(\.\/[\w-]+)"\);$/gm;
const ZIP_WRITER = 'const archiver = require("archiver");';
const IMPORT = /^\s*from cdktf_cdktf_provider_aws\.(\w+) import/gm;

const usual = require.extensions[".js"];
require.extensions[".js"] = (module, filename) => {
  if (module.id === "." && filename.endsWith(RUNTIME)) rewrite(module, runHere);
  if (filename.endsWith(INDEX)) rewrite(module, exportOnDemand);
  if (filename.endsWith(ASSETS)) rewrite(module, zipOnDemand);
  usual(module, filename);
  // While Python reads its own half of the bindings, this process has nothing to do.
  if (filename.endsWith(INDEX)) setImmediate(() => modulesOfTheStack().forEach((each) => loadAhead(module, each)));
};

function rewrite(module, change) {
  const compile = module._compile;
  module._compile = (source, name, ...rest) => compile.call(module, change(source, name), name, ...rest);
}

// The runtime starts a second Node with the kernel in it and passes each message on: here the kernel runs at once.
function runHere(source, name) {
  const kernel = path.resolve(path.dirname(name), "..", "lib", "program.js");
  if (!fs.readFileSync(kernel, "utf8").includes(CHANNEL)) return source;
  process.execArgv.push("--preserve-symlinks"); // it stands in NODE_OPTIONS; the kernel looks for it here
  const { readSync, writeSync } = fs;
  fs.readSync = (fd, ...rest) => readSync(fd === 3 ? 0 : fd, ...rest);
  fs.writeSync = (fd, ...rest) => writeSync(fd === 3 ? 1 : fd, ...rest);
  for (const name of ["stdout", "stderr"]) Object.defineProperty(process, name, { value: printer(name, writeSync) });
  return `require(${JSON.stringify(kernel)});`;
}

// What is printed must not get between the messages: it goes to the other side in lines, as the runtime sends it.
function printer(name, writeSync) {
  const write = (chunk, _encoding, done) => {
    writeSync(2, `${JSON.stringify({ [name]: chunk.toString("base64") })}\n`);
    done();
  };
  return new Writable({ write });
}

function exportOnDemand(source) {
  const known = source.match(EXPORT)?.length;
  if (known !== source.match(/\brequire\(/g)?.length) return source;
  return source.replace(
    EXPORT,
    'Object.defineProperty(exports, "$1", { enumerable: true, configurable: true, get: () => require("$2") });',
  );
}

function zipOnDemand(source) {
  return source.replace(ZIP_WRITER, 'const archiver = (...given) => require("archiver")(...given);');
}

function modulesOfTheStack() {
  const sources = fs.readdirSync(__dirname).filter((name) => name.endsWith(".py"));
  const text = sources.map((name) => fs.readFileSync(path.join(__dirname, name), "utf8")).join("\n");
  return new Set([...text.matchAll(IMPORT)].map((found) => `./${found[1].replaceAll("_", "-")}`));
}

function loadAhead(module, name) {
  try {
    module.require(name);
  } catch {
    // A module of another name is loaded when it is used, and says then what is wrong.
  }
}
