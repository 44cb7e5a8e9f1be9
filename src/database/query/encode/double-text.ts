/**
 * A double as Java's Double.toString writes it: shortest digits that give the same double, always with a fraction, E-notation below 1E-3 and from 1E7 on.
 */
export function doubleText(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value)
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
  const text = value.toExponential()
  const e = text.indexOf('e')
  const digits = text.slice(0, e)
  // two digits at least, those nearest to the value: of the smallest doubles one would do, and is not the first of two
  if (e <= 2 && size < 1e-321) return value.toExponential(1).replace('e', 'E')
  const exponent = text.charCodeAt(e + 1) === plus ? text.slice(e + 2) : text.slice(e + 1)
  return digits.includes('.') ? `${digits}E${exponent}` : `${digits}.0E${exponent}`
}

const plus = 0x2b
