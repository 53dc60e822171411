// Figures for people.

/** Three digits and a unit, as the terminal shows them: 845 ns, 12.3 µs, 3.10 ms, 1.24 s, 2m 03s. */
export function duration(nanos) {
  if (nanos < 1_000) return `${Math.round(nanos)} ns`;
  if (nanos < 999_500) return `${threeDigits(nanos / 1_000)} µs`;
  if (nanos < 999_500_000) return `${threeDigits(nanos / 1_000_000)} ms`;
  if (nanos < 59_950_000_000) return `${threeDigits(nanos / 1_000_000_000)} s`;
  const seconds = Math.round(nanos / 1_000_000_000);
  const two = (number) => String(number).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h ${two(Math.floor(seconds / 60) % 60)}m`;
}

function threeDigits(value) {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

/** Time of day, local, of a decimal string of Unix nanoseconds. */
export function timeOfDay(unixNano) {
  const date = new Date(Number(BigInt(unixNano) / 1_000_000n));
  const pad = (number, width = 2) => String(number).padStart(width, "0");
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`;
}

/** Date and time of day, local. */
export function dateAndTime(unixNano) {
  return `${new Date(Number(BigInt(unixNano) / 1_000_000n)).toLocaleDateString()} ${timeOfDay(unixNano)}`;
}

/** 12,345 */
export function number(value) {
  return value.toLocaleString("en-US");
}

/** "1 span", "2,000 spans" */
export function counted(count, noun) {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Binary units. */
export function bytes(count) {
  if (count < 1024) return `${count} B`;
  const units = ["KiB", "MiB", "GiB"];
  let value = count / 1024;
  while (value >= 1024 && units.length > 1) {
    value /= 1024;
    units.shift();
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[0]}`;
}
