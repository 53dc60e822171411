// A colour for each service: the same one in every view, and different ones for the services of one trace.

const COLORS = 8;

function preferred(service) {
  let hash = 2166136261;
  for (const character of service) hash = Math.imul(hash ^ character.codePointAt(0), 16777619);
  return (hash >>> 0) % COLORS;
}

/** Service name to CSS colour. Beyond eight services colours repeat: names stay beside them. */
export function colorsOf(services) {
  const colors = new Map();
  const taken = new Set();
  for (const service of services) {
    let color = preferred(service);
    while (taken.has(color) && taken.size < COLORS) color = (color + 1) % COLORS;
    taken.add(color);
    colors.set(service, `var(--service-${color})`);
  }
  return colors;
}

/** The colour of a service alone. */
export function colorOf(service) {
  return `var(--service-${preferred(service)})`;
}
