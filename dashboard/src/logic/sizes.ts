const UNITS = ["B", "KB", "MB", "GB", "TB"] as const;

/** `1.4 GB`: powers of 1000, as file managers and stores show them. */
export function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

export function dollars(usd: number): string {
  const digits = usd !== 0 && Math.abs(usd) < 0.1 ? 4 : 2;
  return new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumFractionDigits: digits }).format(usd);
}
